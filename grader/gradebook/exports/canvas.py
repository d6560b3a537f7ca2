"""Canvas's gradebook: `Student,ID,SIS User ID,SIS Login ID,Section,"Title (id)"`, with its row of possible points.

Canvas matches a student by its own ids and an assignment by the number behind its title, so the way there leads over
its own export: grades are filled in, everything that identifies is handed back as it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from grader.errors import UsageError
from grader.gradebook.exports.table import (
    LmsTable,
    StudentFinder,
    describe_unplaced,
    format_scaled_points,
    parse_points,
    render_table,
)
from grader.gradebook.grades import GradeSheet, StudentRow
from grader.messages.text import escape_line
from grader.reports.reading import format_number

IDENTITY_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POSSIBLE_POINTS = "points possible"
ASSIGNMENT_TITLE = re.compile(r"(?P<title>.*?)(?: \((?P<id>\d+)\))?\s*")


def fill(sheet: GradeSheet, titles: Mapping[str, str], theirs: LmsTable) -> tuple[str, list[str]]:
    """Canvas's own export with grades in it: the table, and what could not be placed.

    Args:
        titles: of each exercise to export, by id.

    Raises:
        UsageError: not Canvas's export, or no column for an exercise.
    """
    # Schools without a student information system have no such column.
    identity = [_require_column(theirs, name) for name in IDENTITY_COLUMNS if name != "SIS User ID" or theirs.find_column(name.casefold()) is not None]
    columns = {exercise: _find_assignment(theirs, exercise, title) for exercise, title in titles.items()}
    finder = StudentFinder(sheet)
    ids = [theirs.find_column(name) for name in ("id", "sis user id", "sis login id")]
    rows = [[theirs.header[index] for index in (*identity, *columns.values())]]
    possible: dict[str, float | None] = dict.fromkeys(columns)
    placed: set[str] = set()
    for cells in theirs.rows:
        row = finder.find((cells[index] for index in ids if index is not None), cells[identity[0]])
        # The row stands above the students, so the points are known before they are needed.
        if POSSIBLE_POINTS in cells[0].casefold():
            possible = {exercise: parse_points(cells[column]) for exercise, column in columns.items()}
        if row is not None:
            placed.add(row.student)
        rows.append([
            *(cells[index] for index in identity),
            # An empty grade leaves what Canvas has; writing nothing would delete it.
            *(_format_cell(row, exercise, possible[exercise]) or cells[column] for exercise, column in columns.items()),
        ])  # fmt: skip
    return render_table(rows, theirs.separator), describe_unplaced(sheet, titles, placed, theirs.name)


def make(sheet: GradeSheet, titles: Mapping[str, str]) -> str:
    """A table for a course whose assignments Canvas doesn't have yet; it makes them from the titles."""
    most = {exercise: sheet.exercises[exercise] for exercise in titles}
    rows = [[*IDENTITY_COLUMNS, *titles.values()], ["    Points Possible", "", "", "", "", *map(format_number, most.values())]]
    for row in sheet.rows:
        # Canvas's own ids are numbers; everything else can only be a login.
        own = row.student if row.student.isdecimal() else ""
        login = "" if own else row.student
        rows.append([row.name or row.student, own, "", login, "", *(_format_cell(row, *pair) for pair in most.items())])
    return render_table(rows)


def _format_cell(row: StudentRow | None, exercise: str, most: float | None) -> str:
    return format_scaled_points(row.cells[exercise], most) if row is not None and exercise in row.cells else ""


def _require_column(theirs: LmsTable, name: str) -> int:
    column = theirs.find_column(name.casefold())
    if column is None:
        raise UsageError(f'{theirs.name}: no column "{name}"; export the grades from Canvas: Grades, Export, Export Entire Gradebook')
    return column


def _find_assignment(theirs: LmsTable, exercise: str, title: str) -> int:
    """The assignment whose title is the exercise's id or title."""
    wanted = {exercise.casefold(), title.casefold()}
    for index, cell in enumerate(theirs.header):
        found = ASSIGNMENT_TITLE.fullmatch(cell)
        if found and found["title"].strip().casefold() in wanted:
            return index
    others = ", ".join(escape_line(cell, 60) for cell in theirs.header if cell not in IDENTITY_COLUMNS) or "none"
    raise UsageError(f'{theirs.name}: no assignment "{exercise}" or "{title}"; name it so in Canvas; there are: {others}')
