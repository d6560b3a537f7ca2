"""From a gradebook's verdicts to grades: which attempt counts, what lateness takes, each student's total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from types import MappingProxyType

from msgspec import Struct, structs

from grader.courses.policy import (
    CourseTotal,
    ExerciseGrade,
    GradingPolicy,
    ScoredSubmission,
    compute_total,
    grade_attempts,
)
from grader.courses.yaml_tree import format_suggestion
from grader.gradebook.book import Gradebook
from grader.gradebook.corrections import HandMark, HandMarks, fold_corrections
from grader.gradebook.entries import VerdictFigures


class GradeCell(Struct, frozen=True, kw_only=True, gc=False):
    """A student's grade for an exercise, and the verdict that it comes from.

    Args:
        by_hand: what an instructor has set.
        rules: the grade by the course's rules alone, where a correction counts instead.
    """

    grade: ExerciseGrade
    figures: VerdictFigures
    by_hand: HandMark = HandMark()
    rules: ExerciseGrade | None = None

    @property
    def measured(self) -> ExerciseGrade:
        """The grade by the course's rules, whatever was set by hand."""
        return self.rules or self.grade


class StudentRow(Struct, frozen=True, kw_only=True):
    """A student; `cells` by exercise, without those that weren't handed in."""

    student: str
    name: str
    cells: dict[str, GradeCell]
    total: CourseTotal


class GradeSheet(Struct, frozen=True, kw_only=True):
    """A class: the exercises with their most points, a row for each student, and how many submissions there are."""

    exercises: dict[str, float]
    rows: list[StudentRow]
    submissions: int


def read_sheet(book: Gradebook, policy: GradingPolicy) -> GradeSheet:
    """The grades of a class, with what was set by hand."""
    return build_sheet(book.list_figures(), book.list_students(), policy, fold_corrections(book.list_corrections()))


def build_sheet(
    figures: Sequence[VerdictFigures],
    students: Mapping[str, str],
    policy: GradingPolicy,
    by_hand: HandMarks = MappingProxyType({}),
) -> GradeSheet:
    """The grades of a class.

    Args:
        figures: as `Gradebook.verdicts` gives them: by exercise, student, and time.
        students: names by id; those without a verdict get a row too.
        by_hand: corrections and comments, by student and exercise.
    """
    exercises: dict[str, float] = {}
    cells: dict[str, dict[str, GradeCell]] = {student: {} for student in students}
    for (exercise, student), group in groupby(figures, key=lambda one: (one.exercise, one.student)):
        cell = _apply_by_hand(_build_cell(list(group), policy), by_hand.get((student, exercise)))
        # Verdicts by an earlier specification may have other most points.
        exercises[exercise] = max(exercises.get(exercise, 0.0), cell.grade.max_score)
        cells.setdefault(student, {})[exercise] = cell
    rows = [
        StudentRow(
            student=student,
            name=students.get(student, ""),
            cells=own,
            total=_build_total(policy, student, own, exercises),
        )
        for student, own in sorted(cells.items())
    ]
    return GradeSheet(exercises=exercises, rows=rows, submissions=len(figures))


def list_grades(of: GradeSheet, exercise: str) -> list[tuple[StudentRow, GradeCell]]:
    """Who has a grade for an exercise."""
    return [(row, row.cells[exercise]) for row in of.rows if exercise in row.cells]


def describe_unknown_students(policy: GradingPolicy, of: GradeSheet) -> list[str]:
    """Reports students in the course's rules who aren't in the class, so that a typo can't lose an extension."""
    known = [row.student for row in of.rows]
    unknown = [
        f'course.yaml: grading.{part}: no student has the id "{student}"{format_suggestion(student, known)}'
        for part, students in (("extensions", [*policy.extensions]), ("excused", [*policy.excused]))
        for student in sorted(set(students) - set(known))
    ]
    return [*unknown, *describe_missing_weights(policy, of)]


def describe_missing_weights(policy: GradingPolicy, of: GradeSheet) -> list[str]:
    """Names what counts nothing in the total because only others have weights."""
    missing = [name for name in of.exercises if policy.weights and name not in policy.weights]
    return (
        [f"course.yaml: grading.weights: {', '.join(missing)} has no weight and counts nothing in the total"]
        if missing
        else []
    )


def _build_cell(attempts: Sequence[VerdictFigures], policy: GradingPolicy) -> GradeCell:
    first = attempts[0]
    tried = [
        ScoredSubmission(
            score=one.score,
            max_score=one.max_score,
            submitted_at=datetime.fromisoformat(one.submitted_at) if one.submitted_at else None,
            late=one.late,
            error=one.status == "error",
        )
        for one in attempts
    ]
    found = grade_attempts(policy, first.exercise, first.student, tried)
    return GradeCell(grade=found, figures=attempts[found.attempt])


def _apply_by_hand(cell: GradeCell, mark: HandMark | None) -> GradeCell:
    """The cell with a correction in the place of the rules' points, and what was measured beside it."""
    if mark is None:
        return cell
    one, grade = mark.correction, cell.grade
    if one is not None and one.points is not None:
        note = f"{one.points:g} points by {one.by}: {one.text}; measured: {grade.score:g}"
        if one.measured is not None and one.measured != grade.score:
            note += f", which was {one.measured:g} at the time"
        grade = structs.replace(
            grade, score=one.points, note=f"{note}; {grade.note}" if grade.note else note, graded=True
        )
    return structs.replace(cell, grade=grade, by_hand=mark, rules=cell.grade)


def _build_total(
    policy: GradingPolicy, student: str, own: Mapping[str, GradeCell], exercises: Mapping[str, float]
) -> CourseTotal:
    """Over all exercises; what a fault of ours kept from a grade isn't held against anybody."""
    shares = {
        name: (own[name].grade.score, own[name].grade.max_score) if name in own else (0.0, most)
        for name, most in exercises.items()
        # Not handed in counts 0 points; a fault of ours counts neither for nor against.
        if name not in own or own[name].grade.graded
    }
    return compute_total(policy, student, shares)


def count_statuses(cells: Iterable[GradeCell]) -> dict[str, int]:
    """How many of each status: `passed`, `failed`, `error`."""
    found = {"passed": 0, "failed": 0, "error": 0}
    for cell in cells:
        found[cell.figures.status] = found.get(cell.figures.status, 0) + 1
    return found
