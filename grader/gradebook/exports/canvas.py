"""Canvas's gradebook: `Student,ID,SIS User ID,SIS Login ID,Section,"Title (id)"`, with its row of possible points.

Canvas matches a student by its own ids and an assignment by the number behind its title, so the way there leads over
its own export: grades are filled in, everything that identifies is handed back as it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from grader.errors import UsageError
from grader.gradebook.exports.table import Theirs, by_student, render, scaled
from grader.gradebook.grades import Row, Sheet
from grader.reports.reading import number
from grader.reports.text import line
from grader.student_ids import to_look

IDENTITY = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POSSIBLE = "points possible"
ASSIGNMENT = re.compile(r"(?P<title>.*?)(?: \((?P<id>\d+)\))?\s*")


def fill(sheet: Sheet, titles: Mapping[str, str], theirs: Theirs) -> tuple[str, list[str]]:
    """Canvas's own export with grades in it: the table, and what could not be placed.

    Args:
        titles: of each exercise to export, by id.

    Raises:
        UsageError: not Canvas's export, or no column for an exercise.
    """
    identity = [_needed(theirs, name) for name in IDENTITY if name != "SIS User ID" or theirs.column(name.casefold()) is not None]
    columns = {exercise: _column(theirs, exercise, title) for exercise, title in titles.items()}
    known = by_student(sheet)
    ids = [theirs.column(name) for name in ("id", "sis user id", "sis login id")]
    rows = [[theirs.header[index] for index in (*identity, *columns.values())]]
    possible: dict[str, float | None] = dict.fromkeys(columns)
    placed: set[str] = set()
    for cells in theirs.rows:
        row = _row(known, [cells[index] for index in ids if index is not None and cells[index]])
        if POSSIBLE in cells[0].casefold():
            possible = {exercise: _points(cells[column]) for exercise, column in columns.items()}
        if row is not None:
            placed.add(row.student)
        rows.append([
            *(cells[index] for index in identity),
            *(_cell(row, exercise, possible[exercise]) or cells[column] for exercise, column in columns.items()),
        ])  # fmt: skip
    left = [f"{line(row.student)}: not in {theirs.name}" for row in sheet.rows if row.cells and row.student not in placed]
    return render(rows, theirs.separator), left


def make(sheet: Sheet, titles: Mapping[str, str]) -> str:
    """A table for a course whose assignments Canvas doesn't have yet; it makes them from the titles."""
    most = {exercise: sheet.exercises[exercise] for exercise in titles}
    rows = [[*IDENTITY, *titles.values()], ["    Points Possible", "", "", "", "", *map(number, most.values())]]
    for row in sheet.rows:
        own = row.student if row.student.isdecimal() else ""
        login = "" if own else row.student
        rows.append([row.name or row.student, own, "", login, "", *(_cell(row, *pair) for pair in most.items())])
    return render(rows)


def _cell(row: Row | None, exercise: str, most: float | None) -> str:
    return scaled(row.cells[exercise], most) if row is not None and exercise in row.cells else ""


def _row(known: Mapping[str, Row], ids: Sequence[str]) -> Row | None:
    return next((known[to_look(id_)] for id_ in ids if to_look(id_) in known), None)


def _needed(theirs: Theirs, name: str) -> int:
    column = theirs.column(name.casefold())
    if column is None:
        raise UsageError(f'{theirs.name}: no column "{name}"; export the grades from Canvas: Grades, Export, Export Entire Gradebook')
    return column


def _column(theirs: Theirs, exercise: str, title: str) -> int:
    """The assignment whose title is the exercise's id or title."""
    wanted = {exercise.casefold(), title.casefold()}
    for index, cell in enumerate(theirs.header):
        found = ASSIGNMENT.fullmatch(cell)
        if found and found["title"].strip().casefold() in wanted:
            return index
    others = ", ".join(line(cell, 60) for cell in theirs.header if cell not in IDENTITY) or "none"
    raise UsageError(f'{theirs.name}: no assignment "{exercise}" or "{title}"; name it so in Canvas; there are: {others}')


def _points(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:  # "(read only)"
        return None
