"""The tables of a gradebook: short rows of figures that are read all at once, and long documents read one by one."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, LargeBinary, MetaData, String, Table

SCHEMA = 1

METADATA = MetaData()

META = Table("grade_meta", METADATA, Column("name", String, primary_key=True), Column("value", String, nullable=False))

STUDENTS = Table(
    "grade_students",
    METADATA,
    Column("student", String, primary_key=True),
    Column("name", String, nullable=False),
)

# `key` is made of exercise, student, sha256 and spec. Of the verdicts on one file, which differ in the exercise's
# specification, one is `current`.
VERDICTS = Table(
    "grade_verdicts",
    METADATA,
    Column("key", String, primary_key=True),
    Column("exercise", String, nullable=False),
    Column("student", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("spec", String, nullable=False),
    Column("status", String, nullable=False),
    Column("score", Float, nullable=False),
    Column("max_score", Float, nullable=False),
    Column("ending", String, nullable=False),
    Column("graded_at", String, nullable=False),
    Column("recorded_at", String, nullable=False),
    Column("submitted_at", String),
    Column("late", Boolean),
    Column("current", Boolean, nullable=False),
    Column("finding", String, nullable=False),
    Column("outcomes", String, nullable=False),
    Index("grade_verdicts_by_file", "exercise", "student", "sha256"),
    Index("grade_verdicts_by_student", "student"),
)

DOCUMENTS = Table(
    "grade_documents",
    METADATA,
    Column("key", String, primary_key=True),
    Column("verdict", LargeBinary, nullable=False),
    Column("runs", LargeBinary),
    Column("source", LargeBinary),
)

# What each digest of a specification stands for, so that a regrade knows what has changed.
SPECS = Table(
    "grade_specs", METADATA, Column("spec", String, primary_key=True), Column("body", LargeBinary, nullable=False)
)

FIGURES = tuple(column.name for column in VERDICTS.columns if column.name != "current")
