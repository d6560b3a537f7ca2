"""The tables that `grade serve` keeps beside a gradebook's own: the queue, quizzes in progress, hints, and people."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
from sqlalchemy.dialects import postgresql, sqlite

SERVE_METADATA = MetaData()
# What was handed in, in the order in which it came; `state` is one of submissions.State. Times are seconds since 1970,
# but for `came_at`, which decides about lateness and is ISO 8601 in UTC.
SUBMISSION_TABLE = Table(
    "grade_serve_submissions",
    SERVE_METADATA,
    Column("number", Integer, primary_key=True),
    Column("student", String, nullable=False),
    Column("exercise", String, nullable=False),
    Column("suffix", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("came_at", String, nullable=False),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("worker", String),
    Column("beat_s", Float),
    Column("began_s", Float),
    Column("ended_s", Float),
    Column("problem", String),
    Index("grade_serve_by_state", "state", "number"),
    Index("grade_serve_by_student", "student", "exercise"),
    sqlite_autoincrement=True,
)
# Apart from the queue, whose rows are read several times a second.
FILE_TABLE = Table(
    "grade_serve_files",
    SERVE_METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("source", LargeBinary, nullable=False),
)
# Where a running one stands, as JSON; a row is gone when it has ended.
PROGRESS_TABLE = Table(
    "grade_serve_progress",
    SERVE_METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", String, nullable=False),
)
# `body` is a `Sitting` as JSON; `open` until it is handed in, `marked` once its marks are in the gradebook.
SITTING_TABLE = Table(
    "grade_serve_sittings",
    SERVE_METADATA,
    Column("quiz", String, primary_key=True),
    Column("student", String, primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("marked", Boolean, nullable=False),
)
HINT_TABLE = Table(
    "grade_serve_hints",
    SERVE_METADATA,
    Column("student", String, primary_key=True),
    Column("exercise", String, primary_key=True),
    Column("count", Integer, nullable=False),
)
# `generation` is part of every link and session: a higher one ends those of before.
PERSON_TABLE = Table(
    "grade_serve_people",
    SERVE_METADATA,
    Column("person", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("revoked", Boolean, nullable=False),
)
SECRET_TABLE = Table(
    "grade_serve_secrets",
    SERVE_METADATA,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

# The states of sign-ins that came back from a provider, for as long as one might be sent again.
USED_STATE_TABLE = Table(
    "grade_serve_used_states",
    SERVE_METADATA,
    Column("state", String, primary_key=True),
    Column("used_s", Float, nullable=False),
)


def build_insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that takes `on_conflict_do_…`, which both databases have, each in a class of its own."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def lock_rows(connection: Connection, *names: str) -> None:
    """Holds what these names stand for until the transaction ends; on SQLite, whatever can be written."""
    if connection.dialect.name == "postgresql":
        key = sqlalchemy.func.hashtextextended("\x1f".join(names), 0)
        connection.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(key)))
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
