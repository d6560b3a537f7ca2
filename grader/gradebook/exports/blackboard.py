"""Blackboard's Grade Center: `Last Name,First Name,Username,Student ID,…,Title [Total Pts: 10 Score] |664617`.

Blackboard knows a column by the number behind its title, so the way there leads over its own download.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from grader.errors import UsageError
from grader.gradebook.exports.filling import fill_table
from grader.gradebook.exports.table import LmsTable, format_comment, format_scaled_points, render_table
from grader.gradebook.grades import GradeSheet, StudentRow
from grader.messages.text import escape_line

IDENTITY = ("last name", "first name", "username", "student id")
COLUMN = re.compile(r"(?P<title>.*?)\s*\[(?:Total Pts|Points)[^\]\d]*(?P<points>\d+(?:[.,]\d+)?)?[^\]]*\]\s*(?:\|\s*\d+)?\s*")
FEEDBACK = "feedback to learner"


def fill(sheet: GradeSheet, titles: Mapping[str, str], theirs: LmsTable) -> tuple[str, list[str]]:
    """Blackboard's own download with grades in it: the table, and what could not be placed.

    Args:
        titles: of each exercise to export, by id.

    Raises:
        UsageError: not Blackboard's download, or no column for an exercise.
    """
    if theirs.find_column("username") is None:
        raise UsageError(f'{theirs.name}: no column "Username"; download it from Blackboard: Grade Center, Work Offline, Download')
    columns: dict[str, Callable[[StudentRow, list[str]], str]] = {}
    for exercise, title in titles.items():
        header, points = _find_column(theirs, exercise, title)
        columns[header] = _build_grade(exercise, points)
    feedback = theirs.find_column(FEEDBACK)
    # One column of feedback can't hold several exercises.
    if feedback is not None and len(titles) == 1:
        columns[theirs.header[feedback]] = _build_feedback(next(iter(titles)))
    kept = [index for index, cell in enumerate(theirs.header) if cell.strip().casefold() in IDENTITY]
    return fill_table(sheet, theirs, exercises=titles.keys(), ids=("username", "student id"), kept=kept, columns=columns)


def make(sheet: GradeSheet, titles: Mapping[str, str]) -> str:
    """A table of which Blackboard makes columns of its own."""
    rows = [["Username", *titles.values()]]
    rows += [
        [row.student, *(format_scaled_points(row.cells[name], sheet.exercises[name]) if name in row.cells else "" for name in titles)]
        for row in sheet.rows
    ]
    return render_table(rows)


def _find_column(theirs: LmsTable, exercise: str, title: str) -> tuple[str, float | None]:
    # Instructors name a column by either.
    wanted = {exercise.casefold(), title.casefold()}
    for cell in theirs.header:
        found = COLUMN.fullmatch(cell)
        if (found["title"] if found else cell).strip().casefold() in wanted:
            points = found["points"] if found else None
            return cell, float(points.replace(",", ".")) if points else None
    others = ", ".join(escape_line(cell, 60) for cell in theirs.header if COLUMN.fullmatch(cell)) or "none"
    raise UsageError(f'{theirs.name}: no column "{exercise}" or "{title}"; name it so in Blackboard; there are: {others}')


def _build_grade(exercise: str, most: float | None) -> Callable[[StudentRow, list[str]], str]:
    return lambda row, _: format_scaled_points(row.cells[exercise], most) if exercise in row.cells else ""


def _build_feedback(exercise: str) -> Callable[[StudentRow, list[str]], str]:
    return lambda row, _: format_comment(row.cells[exercise]) if exercise in row.cells else ""
