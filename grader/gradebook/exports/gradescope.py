"""Gradescope's table of one assignment, as its "Download Grades" writes it."""

from __future__ import annotations

from grader.errors import UsageError
from grader.gradebook.exports.table import (
    LmsTable,
    StudentFinder,
    describe_unplaced,
    format_scaled_points,
    parse_points,
    render_table,
)
from grader.gradebook.grades import GradeSheet, list_grades
from grader.reports.reading import format_number

COLUMNS = ("Name", "SID", "Email", "Total Score", "Max Points", "Status", "Submission Time")
IDS = ("sid", "email", "email address")
NAMES = ("name", "first name", "last name")


def fill(sheet: GradeSheet, exercise: str, theirs: LmsTable) -> tuple[str, list[str]]:
    """Gradescope's own table with grades in it: its people in their order, and who isn't in it.

    Raises:
        UsageError: not such a table.
    """
    score, most, status = (theirs.find_column(name) for name in ("total score", "max points", "status"))
    if score is None or all(theirs.find_column(name) is None for name in IDS):
        raise UsageError(
            f'{theirs.name}: no columns "Total Score" and "SID" or "Email"; download the table from Gradescope: '
            "Review Grades, Download Grades"
        )

    ids = [column for name in IDS if (column := theirs.find_column(name)) is not None]
    names = [column for name in NAMES if (column := theirs.find_column(name)) is not None]
    finder = StudentFinder(sheet)
    placed: set[str] = set()
    rows = [theirs.header]
    for cells in theirs.rows:
        row = finder.find((cells[column] for column in ids), " ".join(cells[column] for column in names))
        filled = list(cells)
        if row is not None and exercise in row.cells:
            placed.add(row.student)
            cell = row.cells[exercise]
            possible = None if most is None else parse_points(cells[most])
            # For whom nothing could be graded, what Gradescope has stays.
            if grade := format_scaled_points(cell, possible):
                filled[score] = grade
                filled = _set_cell(filled, status, "Graded")
                filled = _set_cell(filled, most if possible is None else None, format_number(cell.grade.max_score))
        rows.append(filled)
    return render_table(rows, theirs.separator), describe_unplaced(sheet, [exercise], placed, theirs.name)


def _set_cell(cells: list[str], column: int | None, value: str) -> list[str]:
    return cells if column is None else [*cells[:column], value, *cells[column + 1 :]]


def make(sheet: GradeSheet, exercise: str) -> str:
    """A table of its columns."""
    rows = []
    for row, cell in list_grades(sheet, exercise):
        # Gradescope keeps ids and addresses in different columns.
        is_address = "@" in row.student
        graded = "Graded" if cell.grade.graded else "Ungraded"
        rows.append([
            row.name, "" if is_address else row.student, row.student if is_address else "",
            format_scaled_points(cell, None), format_number(cell.grade.max_score), graded, cell.submitted_at or "",
        ])  # fmt: skip
    return render_table([COLUMNS, *rows])
