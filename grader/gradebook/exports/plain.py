"""Grades in general formats: a long table, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.gradebook.entries import decode_outcomes
from grader.gradebook.exports.checks import find_checks, points_of
from grader.gradebook.exports.table import render_table
from grader.gradebook.grades import GradeCell, GradeSheet, StudentRow, list_grades
from grader.reports import jsontext

GRADEBOOK_SCHEMA = "grade-gradebook/1"
LONG_COLUMNS = ("student", "name", "exercise", "score", "max_score", "raw", "status", "attempt", "attempts", "note", "comment", "finding",
        "submitted_at", "graded_at", "sha256", "submitted_from")  # fmt: skip


def render_grades_csv(sheet: GradeSheet, exercises: Sequence[str], *, checks: bool = False) -> str:
    """A row for each student and exercise; with `checks` a column for the points of each check, before lateness."""
    columns = list(dict.fromkeys(check for name in exercises for check in find_checks(sheet, name))) if checks else []
    rows = []
    for row, cell in _list_pairs(sheet, exercises):
        values = [*_build_record(row, cell).values(), *(points_of(cell, check) for check in columns)]
        rows.append(["" if value is None else str(value) for value in values])
    return render_table([[*LONG_COLUMNS, *(f"check: {check}" for check in columns)], *rows])


def render_grades_json(sheet: GradeSheet, exercises: Sequence[str], *, checks: bool = False) -> str:
    """The same as JSON, and each student's total over all exercises of the gradebook."""
    return jsontext.render_plain_json({
        "schema": GRADEBOOK_SCHEMA,
        "exercises": {name: sheet.exercises[name] for name in exercises},
        "grades": [_build_record(row, cell) | (_checks(cell) if checks else {}) for row, cell in _list_pairs(sheet, exercises)],
        "totals": [
            {"student": row.student, "name": row.name, "score": row.total.score, "max_score": row.total.max_score,
             "dropped": list(row.total.dropped)}
            for row in sheet.rows
        ],
    })  # fmt: skip


def _checks(cell: GradeCell) -> dict[str, Any]:
    names = ("id", "status", "points", "max_points")
    return {"checks": [dict(zip(names, each, strict=True)) for each in decode_outcomes(cell.figures.outcomes)]}


def _list_pairs(sheet: GradeSheet, exercises: Sequence[str]) -> list[tuple[StudentRow, GradeCell]]:
    return [pair for name in exercises for pair in list_grades(sheet, name)]


def _build_record(row: StudentRow, cell: GradeCell) -> dict[str, Any]:
    grade, figures = cell.grade, cell.figures
    return {
        "student": row.student,
        "name": row.name,
        "exercise": figures.exercise,
        "score": grade.score if grade.graded else None,
        "max_score": grade.max_score,
        "raw": grade.raw if grade.graded else None,
        "status": figures.status,
        # People count from 1.
        "attempt": grade.attempt + 1,
        "attempts": grade.attempts,
        "note": grade.note,
        "comment": cell.by_hand.comment.text if cell.by_hand.comment else "",
        "finding": figures.finding,
        "submitted_at": cell.submitted_at,
        "graded_at": figures.graded_at,
        "sha256": figures.sha256,
        "submitted_from": cell.time.source if cell.time else None,
    }
