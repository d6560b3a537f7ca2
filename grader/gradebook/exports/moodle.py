"""Moodle's offline grading worksheet: one assignment, its columns for the grade and for feedback filled in."""

from __future__ import annotations

from grader.errors import UsageError
from grader.gradebook.exports.table import Theirs, by_student, comment, render, scaled
from grader.gradebook.grades import Sheet, counted
from grader.reports.reading import number
from grader.reports.text import line
from grader.student_ids import to_look

HEADER = ("Identifier", "Full name", "Grade", "Maximum Grade", "Feedback comments")
PARTICIPANT = "Participant "


def fill(sheet: Sheet, exercise: str, theirs: Theirs) -> tuple[str, list[str]]:
    """Moodle's worksheet with grades and feedback in it: the table, and what could not be placed.

    Raises:
        UsageError: not such a worksheet.
    """
    grade, feedback = _needed(theirs, "Grade"), _needed(theirs, "Feedback comments")
    ids = [theirs.column(name) for name in ("identifier", "email address", "username", "id number")]
    most = theirs.column("maximum grade")
    known = by_student(sheet)
    placed: set[str] = set()
    rows = [theirs.header]
    for cells in theirs.rows:
        names = [_bare(cells[index]) for index in ids if index is not None]
        row = next((known[name] for name in names if name in known), None)
        filled = list(cells)
        if row is not None and exercise in row.cells:
            placed.add(row.student)
            filled[grade] = scaled(row.cells[exercise], _points(cells, most)) or cells[grade]
            filled[feedback] = comment(row.cells[exercise])
        rows.append(filled)
    left = [f"{line(row.student)}: not in {theirs.name}" for row, _ in counted(sheet, exercise) if row.student not in placed]
    return render(rows, theirs.separator), left


def make(sheet: Sheet, exercise: str) -> str:
    """A worksheet without Moodle's own: the ids must be those of its participants."""
    rows = [list(HEADER)]
    for row, cell in counted(sheet, exercise):
        identifier = PARTICIPANT + row.student if row.student.isdecimal() else row.student
        rows.append([identifier, row.name, scaled(cell, None), number(cell.grade.max_score), comment(cell)])
    return render(rows)


def _needed(theirs: Theirs, name: str) -> int:
    column = theirs.column(name.casefold())
    if column is None:
        raise UsageError(
            f'{theirs.name}: no column "{name}"; in Moodle turn on “Offline grading worksheet” and “Feedback comments” '
            "of the assignment, and download the worksheet"
        )
    return column


def _bare(identity: str) -> str:
    return to_look(identity).removeprefix(PARTICIPANT.casefold())


def _points(cells: list[str], column: int | None) -> float | None:
    try:
        return None if column is None else float(cells[column].replace(",", "."))
    except ValueError:
        return None
