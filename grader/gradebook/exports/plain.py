"""Grades for nobody in particular: a long table, JSON, and a table with Gradescope's columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.gradebook.entries import read_outcomes
from grader.gradebook.exports.checks import find_checks, points_of
from grader.gradebook.exports.table import render, scaled
from grader.gradebook.grades import Cell, Row, Sheet, counted
from grader.reports import jsontext
from grader.reports.reading import number

SCHEMA = "grade-gradebook/1"
LONG = ("student", "name", "exercise", "score", "max_score", "raw", "status", "attempt", "attempts", "note", "finding",
        "submitted_at", "graded_at", "sha256")  # fmt: skip
GRADESCOPE = ("Name", "SID", "Email", "Total Score", "Max Points", "Status", "Submission Time")


def csv(sheet: Sheet, exercises: Sequence[str], *, checks: bool = False) -> str:
    """A row for each student and exercise; with `checks` a column for the points of each check, before lateness."""
    columns = list(dict.fromkeys(check for name in exercises for check in find_checks(sheet, name))) if checks else []
    rows = []
    for row, cell in _pairs(sheet, exercises):
        values = [*_record(row, cell).values(), *(points_of(cell, check) for check in columns)]
        rows.append(["" if value is None else str(value) for value in values])
    return render([[*LONG, *(f"check: {check}" for check in columns)], *rows])


def json(sheet: Sheet, exercises: Sequence[str], *, checks: bool = False) -> str:
    """The same as JSON, and each student's total over all exercises of the gradebook."""
    return jsontext.render_plain({
        "schema": SCHEMA,
        "exercises": {name: sheet.exercises[name] for name in exercises},
        "grades": [_record(row, cell) | (_checks(cell) if checks else {}) for row, cell in _pairs(sheet, exercises)],
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


def _checks(cell: Cell) -> dict[str, Any]:
    names = ("id", "status", "points", "max_points")
    return {"checks": [dict(zip(names, each, strict=True)) for each in read_outcomes(cell.figures.outcomes)]}


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
