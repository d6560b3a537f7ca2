"""Grades for nobody in particular: a long table, JSON, and a table with Gradescope's columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.gradebook.exports.table import render, scaled
from grader.gradebook.grades import Cell, Row, Sheet, counted
from grader.reports import jsontext
from grader.reports.reading import number

SCHEMA = "grade-gradebook/1"
LONG = ("student", "name", "exercise", "score", "max_score", "raw", "status", "attempt", "attempts", "note", "finding",
        "submitted_at", "graded_at", "sha256")  # fmt: skip
GRADESCOPE = ("Name", "SID", "Email", "Total Score", "Max Points", "Status", "Submission Time")


def csv(sheet: Sheet, exercises: Sequence[str]) -> str:
    """A row for each student and exercise."""
    rows = [["" if value is None else str(value) for value in _record(row, cell).values()] for row, cell in _pairs(sheet, exercises)]
    return render([LONG, *rows])


def json(sheet: Sheet, exercises: Sequence[str]) -> str:
    """The same as JSON, and each student's total over all exercises of the gradebook."""
    return jsontext.render_plain({
        "schema": SCHEMA,
        "exercises": {name: sheet.exercises[name] for name in exercises},
        "grades": [_record(row, cell) for row, cell in _pairs(sheet, exercises)],
        "totals": [
            {"student": row.student, "name": row.name, "score": row.total.score, "max_score": row.total.max_score,
             "dropped": list(row.total.dropped)}
            for row in sheet.rows
        ],
    })  # fmt: skip


def gradescope(sheet: Sheet, exercise: str) -> str:
    """Gradescope's own columns, as it downloads grades."""
    rows = []
    for row, cell in counted(sheet, exercise):
        is_address = "@" in row.student
        graded = "Graded" if cell.grade.graded else "Ungraded"
        rows.append([
            row.name, "" if is_address else row.student, row.student if is_address else "",
            scaled(cell, None), number(cell.grade.max_score), graded, cell.figures.submitted_at or "",
        ])  # fmt: skip
    return render([GRADESCOPE, *rows])


def _pairs(sheet: Sheet, exercises: Sequence[str]) -> list[tuple[Row, Cell]]:
    return [pair for name in exercises for pair in counted(sheet, name)]


def _record(row: Row, cell: Cell) -> dict[str, Any]:
    grade, figures = cell.grade, cell.figures
    return {
        "student": row.student,
        "name": row.name,
        "exercise": figures.exercise,
        "score": grade.score if grade.graded else None,
        "max_score": grade.max_score,
        "raw": grade.raw if grade.graded else None,
        "status": figures.status,
        "attempt": grade.attempt + 1,
        "attempts": grade.attempts,
        "note": grade.note,
        "finding": figures.finding,
        "submitted_at": figures.submitted_at,
        "graded_at": figures.graded_at,
        "sha256": figures.sha256,
    }
