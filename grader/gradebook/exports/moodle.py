"""Moodle's offline grading worksheet: one assignment, its columns for the grade and for feedback filled in."""

from __future__ import annotations

from grader.errors import UsageError
from grader.gradebook.exports.table import (
    LmsTable,
    StudentFinder,
    describe_unplaced,
    format_comment,
    format_scaled_points,
    parse_points,
    render_table,
)
from grader.gradebook.grades import GradeSheet, list_grades
from grader.reports.reading import format_number

WORKSHEET_HEADER = ("Identifier", "Full name", "Grade", "Maximum Grade", "Feedback comments")
PARTICIPANT_PREFIX = "Participant "


def fill_worksheet(sheet: GradeSheet, exercise: str, theirs: LmsTable) -> tuple[str, list[str]]:
    """Moodle's worksheet with grades and feedback in it: the table, and what could not be placed.

    Raises:
        UsageError: not such a worksheet.
    """
    grade, feedback = _require_column(theirs, "Grade"), _require_column(theirs, "Feedback comments")
    ids = [theirs.find_column(name) for name in ("identifier", "email address", "username", "id number")]
    most = theirs.find_column("maximum grade")
    person = theirs.find_column("full name")
    finder = StudentFinder(sheet)
    placed: set[str] = set()
    rows = [theirs.header]
    for cells in theirs.rows:
        row = finder.find((cells[index] for index in ids if index is not None), "" if person is None else cells[person])
        filled = list(cells)
        if row is not None and exercise in row.cells:
            placed.add(row.student)
            filled[grade] = format_scaled_points(row.cells[exercise], None if most is None else parse_points(cells[most])) or cells[grade]
            filled[feedback] = format_comment(row.cells[exercise])
        rows.append(filled)
    return render_table(rows, theirs.separator), describe_unplaced(sheet, [exercise], placed, theirs.name)


def make_worksheet(sheet: GradeSheet, exercise: str) -> str:
    """A worksheet without Moodle's own: the ids must be those of its participants."""
    rows = [list(WORKSHEET_HEADER)]
    for row, cell in list_grades(sheet, exercise):
        identifier = PARTICIPANT_PREFIX + row.student if row.student.isdecimal() else row.student
        rows.append([identifier, row.name, format_scaled_points(cell, None), format_number(cell.grade.max_score), format_comment(cell)])
    return render_table(rows)


def _require_column(theirs: LmsTable, name: str) -> int:
    column = theirs.find_column(name.casefold())
    if column is None:
        raise UsageError(
            f'{theirs.name}: no column "{name}"; in Moodle turn on “Offline grading worksheet” and “Feedback comments” '
            "of the assignment, and download the worksheet"
        )
    return column
