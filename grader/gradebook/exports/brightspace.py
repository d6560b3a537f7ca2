"""Brightspace's import: `OrgDefinedId,Username,…,Title Points Grade,End-of-Line Indicator`, with `#` before ids.

A class list will do for the way there: Brightspace offers to make a grade item that it doesn't have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from grader.errors import UsageError
from grader.gradebook.exports.filling import fill_table
from grader.gradebook.exports.table import LmsTable, format_scaled_points, render_table
from grader.gradebook.grades import GradeSheet, StudentRow

IDS = ("orgdefinedid", "username", "email")
IDENTITY = (*IDS, "last name", "first name")
END = "End-of-Line Indicator"
COLUMN = re.compile(r"(?P<title>.*?) Points Grade(?: <(?:[^>]*?MaxPoints:(?P<points>\d+(?:[.,]\d+)?))?[^>]*>)?\s*", re.IGNORECASE)


def fill(sheet: GradeSheet, titles: Mapping[str, str], theirs: LmsTable) -> tuple[str, list[str]]:
    """Brightspace's own export, or its class list, with grades in it: the table, and what could not be placed.

    Args:
        titles: of each exercise to export, by id.

    Raises:
        UsageError: not a table of Brightspace's.
    """
    end = theirs.find_column(END.casefold())
    if end is None or all(theirs.find_column(name) is None for name in IDS[:2]):
        raise UsageError(
            f'{theirs.name}: no columns "OrgDefinedId" or "Username" and "{END}"; in Brightspace: Grades, Enter Grades, '
            "Export, with the key field OrgDefinedId or Username"
        )
    columns: dict[str, Callable[[StudentRow, list[str]], str]] = {}
    for exercise, title in titles.items():
        header, points = _find_column(theirs, exercise, title)
        columns[header] = _build_grade(exercise, points)
    kept = [index for index, cell in enumerate(theirs.header) if cell.strip().casefold() in IDENTITY]
    return fill_table(sheet, theirs, exercises=titles.keys(), ids=IDS, kept=kept, columns=columns, after=[end])


def make(sheet: GradeSheet, titles: Mapping[str, str]) -> str:
    """A table without Brightspace's own: the ids must be those of its users."""
    rows = [["OrgDefinedId", *(f"{title} Points Grade" for title in titles.values()), END]]
    for row in sheet.rows:
        points = (format_scaled_points(row.cells[name], sheet.exercises[name]) if name in row.cells else "" for name in titles)
        # Brightspace's own `#` keeps spreadsheets from making numbers of ids.
        rows.append([f"#{row.student}", *points, "#"])
    return render_table(rows)


def _find_column(theirs: LmsTable, exercise: str, title: str) -> tuple[str, float | None]:
    """The column of a grade item that is called as the exercise's id or title; else a new one."""
    wanted = {exercise.casefold(), title.casefold()}
    for cell in theirs.header:
        found = COLUMN.fullmatch(cell)
        if found and found["title"].strip().casefold() in wanted:
            return cell, float(found["points"].replace(",", ".")) if found["points"] else None
    return f"{title} Points Grade", None


def _build_grade(exercise: str, most: float | None) -> Callable[[StudentRow, list[str]], str]:
    return lambda row, _: format_scaled_points(row.cells[exercise], most) if exercise in row.cells else ""
