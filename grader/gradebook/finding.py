"""Finding a student's grade for an exercise by what an instructor types."""

from __future__ import annotations

from grader.courses.yaml_tree import format_suggestion
from grader.errors import UsageError
from grader.gradebook.grades import GradeCell, GradeSheet, StudentRow
from grader.messages.text import escape_line
from grader.records.student_ids import to_look


def find_grade(sheet: GradeSheet, student: str, exercise: str, shown: str) -> tuple[StudentRow, GradeCell]:
    """The row and cell of a student, by the id or a name that only one has; the two words may be in either order.

    Args:
        shown: what messages call the gradebook.

    Raises:
        UsageError: no such student or exercise, or nothing handed in.
    """
    if exercise not in sheet.exercises and student in sheet.exercises:
        student, exercise = exercise, student
    if exercise not in sheet.exercises:
        known = ", ".join(sheet.exercises) or "nothing"
        near = format_suggestion(exercise, sheet.exercises)
        raise UsageError(f'no verdicts of "{escape_line(exercise, 60)}" in {shown}{near or f"; it holds {known}"}')
    row = _find_row(sheet, student, shown)
    if exercise not in row.cells:
        raise UsageError(
            f"{escape_line(row.student)} has handed in nothing for {exercise}; grade a file with `grade batch` first"
        )
    return row, row.cells[exercise]


def _find_row(sheet: GradeSheet, student: str, shown: str) -> StudentRow:
    wanted = to_look(student)
    found = [row for row in sheet.rows if to_look(row.student) == wanted] or [
        row for row in sheet.rows if to_look(row.name) == wanted
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(escape_line(row.student, 40) for row in found)
        raise UsageError(f'{len(found)} students are called "{escape_line(student, 60)}"; name one by the id: {ids}')
    names = [name for row in sheet.rows for name in (row.student, row.name) if name]
    raise UsageError(
        f'no student "{escape_line(student, 60)}" in {shown}{format_suggestion(student, names)} (`grade report` shows all)'
    )
