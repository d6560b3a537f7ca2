"""From a gradebook's verdicts to grades: which attempt counts, what lateness takes, each student's total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Literal

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
from grader.gradebook.roster import Roster
from grader.gradebook.times import HandInTime, choose_time, format_in_utc
from grader.messages.text import escape_line
from grader.reports.reading import format_count

# Why lateness can't be judged: only the platform's word, a clock without a time zone, or nothing at all.
Untimed = Literal["late", "zone", "unknown"]
UNTIMED_WORDS: Mapping[Untimed, str] = MappingProxyType({
    "late": "the platform marks {count} as late and doesn't say by how much, so nothing is taken off "
            "(`grade batch … --submitted TABLE` gives the times)",
    "zone": "the times of {count} have no offset from UTC, so the deadline isn't applied "
            "(write `timezone: Europe/Berlin`, or where the platform's clock is, under `grading` in course.yaml)",
    "unknown": "nobody says when the files of {count} came, so the deadline isn't applied "
               "(`grade batch … --submitted TABLE` gives the times)",
})  # fmt: skip
EMPTY_FILE_CODE = "S001"
MAX_SHOWN_STUDENTS = 20


class GradeCell(Struct, frozen=True, kw_only=True, gc=False):
    """A student's grade for an exercise, the verdict that it comes from, and when that file came.

    Args:
        by_hand: what an instructor has set.
        rules: the grade by the course's rules alone, where a correction counts instead.
        untimed: why nobody can say whether the attempt that counts is late.
    """

    grade: ExerciseGrade
    figures: VerdictFigures
    by_hand: HandMark = HandMark()
    rules: ExerciseGrade | None = None
    time: HandInTime | None = None
    untimed: Untimed | None = None

    @property
    def measured(self) -> ExerciseGrade:
        """The grade by the course's rules, whatever was set by hand."""
        return self.rules or self.grade

    @property
    def submitted_at(self) -> str | None:
        """In UTC where that is known, else by the platform's clock."""
        if self.time is None:
            return None
        return format_in_utc(self.time.at) if self.time.at.tzinfo else self.time.at.isoformat(timespec="seconds")


class StudentRow(Struct, frozen=True, kw_only=True):
    """A student; `cells` by exercise, without those that weren't handed in; `excused` are asked of others only.

    Args:
        aliases: further ids and names by which the roster has them, as they look (see `student_ids.to_look`).
    """

    student: str
    name: str
    cells: dict[str, GradeCell]
    total: CourseTotal
    excused: tuple[str, ...] = ()
    aliases: frozenset[str] = frozenset()


class GradeSheet(Struct, frozen=True, kw_only=True):
    """A class: the exercises with their most points, a row for each student, and how many submissions there are."""

    exercises: dict[str, float]
    rows: list[StudentRow]
    submissions: int


def read_sheet(book: Gradebook, policy: GradingPolicy) -> GradeSheet:
    """The grades of a class, with what was set by hand."""
    by_hand = fold_corrections(book.list_corrections())
    return build_sheet(book.list_figures(), book.list_students(), policy, book.read_roster(), by_hand)


def build_sheet(
    figures: Sequence[VerdictFigures],
    students: Mapping[str, str],
    policy: GradingPolicy,
    roster: Roster = Roster(students=()),  # noqa: B008 - frozen
    by_hand: HandMarks = MappingProxyType({}),
) -> GradeSheet:
    """The grades of a class.

    Args:
        figures: as `Gradebook.verdicts` gives them: by exercise, student, and time.
        students: names by id; those without a verdict get a row too.
        roster: further ids of the students.
        by_hand: corrections and comments, by student and exercise.
    """
    aliases = {student.id: student.aliases for student in roster.students}
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
            excused=tuple(policy.excused.get(student, ())),
            aliases=aliases.get(student, frozenset()),
        )
        for student, own in sorted(cells.items())
    ]
    return GradeSheet(exercises=exercises, rows=rows, submissions=len(figures))


def list_grades(of: GradeSheet, exercise: str) -> list[tuple[StudentRow, GradeCell]]:
    """Who has a grade for an exercise."""
    return [(row, row.cells[exercise]) for row in of.rows if exercise in row.cells]


def describe_doubts(policy: GradingPolicy, of: GradeSheet, exercises: Iterable[str]) -> list[str]:
    """What to look at before these exercises' grades are relied on, a sentence each."""
    return [*describe_unknown_students(policy, of), *describe_missing_weights(policy, of), *describe_unknown_times(of, exercises)]


def describe_unknown_students(policy: GradingPolicy, of: GradeSheet) -> list[str]:
    """Reports students in the course's rules who aren't in the class, so that a typo can't lose an extension."""
    known = [row.student for row in of.rows]
    return [
        f'course.yaml: grading.{part}: no student has the id "{student}"{format_suggestion(student, known)}'
        for part, students in (("extensions", [*policy.extensions]), ("excused", [*policy.excused]))
        for student in sorted(set(students) - set(known))
    ]


def describe_missing_weights(policy: GradingPolicy, of: GradeSheet) -> list[str]:
    """Names what counts nothing in the total because only others have weights."""
    missing = [name for name in of.exercises if policy.weights and name not in policy.weights]
    return (
        [f"course.yaml: grading.weights: {', '.join(missing)} has no weight and counts nothing in the total"]
        if missing
        else []
    )


def describe_unknown_times(of: GradeSheet, exercises: Iterable[str]) -> list[str]:
    """Says of whose files the rules for lateness can't judge, why, and what to do about it."""
    found: list[str] = []
    for exercise in exercises:
        by_reason: dict[Untimed, list[str]] = {}
        for row, cell in list_grades(of, exercise):
            if cell.untimed is not None:
                by_reason.setdefault(cell.untimed, []).append(row.student)
        for reason, students in sorted(by_reason.items()):
            shown = ", ".join(escape_line(student, 40) for student in students[:MAX_SHOWN_STUDENTS]) + ", …" * (len(students) > MAX_SHOWN_STUDENTS)
            found.append(f"{exercise}: {UNTIMED_WORDS[reason].format(count=format_count(len(students), 'student'))}: {shown}")
    return found


def _build_cell(attempts: Sequence[VerdictFigures], policy: GradingPolicy) -> GradeCell:
    first = attempts[0]
    times = [choose_time(one.told_times, policy.timezone) for one in attempts]
    tried = [
        ScoredSubmission(
            score=one.score,
            max_score=one.max_score,
            submitted_at=time.at if time and time.at.tzinfo else None,
            late=one.late,
            error=one.status == "error",
            blank=EMPTY_FILE_CODE in (one.codes or "").split(),
        )
        for one, time in zip(attempts, times, strict=True)
    ]
    found = grade_attempts(policy, first.exercise, first.student, tried)
    counted = found.attempt
    return GradeCell(grade=found, figures=attempts[counted], time=times[counted], untimed=_find_untimed(policy, attempts[counted], times[counted]))


def _find_untimed(policy: GradingPolicy, figures: VerdictFigures, time: HandInTime | None) -> Untimed | None:
    """Why nobody can say whether a file is late by the course's rules; None where it makes no difference."""
    due = figures.exercise in policy.due
    if figures.late and not (due and time and time.at.tzinfo):
        return "late"
    if not (due and policy.late.costs) or figures.late is not None or (time and time.at.tzinfo):
        return None
    return "zone" if time else "unknown"


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
