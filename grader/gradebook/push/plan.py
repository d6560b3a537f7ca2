"""Compares grades to send with those in the LMS: lowers none unless asked, and never mixes up students."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from grader.gradebook.exports.table import format_comment, format_scaled_points
from grader.gradebook.grades import GradeCell, GradeSheet, StudentRow, list_grades
from grader.gradebook.push.session import Session
from grader.gradebook.roster import are_strangers
from grader.records.student_ids import to_look

Step = Literal["send", "same", "lower", "excused", "unknown", "ungraded"]
STEPS: tuple[Step, ...] = ("send", "same", "lower", "excused", "unknown", "ungraded")
NEAR = 0.005  # of a point; LMSs keep two decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A student as the LMS has them.

    Args:
        user: the LMS's own number, by which a grade is sent.
        ids: everything else that identifies them, the surest first.
        score: what is there now; None for nothing.
        excused: the LMS asks nothing of them, which a grade would undo.
    """

    user: int
    ids: tuple[str, ...]
    name: str = ""
    score: float | None = None
    excused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """An assignment of the LMS's, and its people.

    Args:
        key: by which grades are sent to it.
        most: its possible points.
    """

    key: str
    name: str
    most: float
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to happen with one student's grade."""

    student: str
    name: str
    step: Step
    user: int | None = None
    before: float | None = None
    after: str = ""
    comment: str = ""


def plan_changes(sheet: GradeSheet, exercise: str, assignment: Assignment, *, lower: bool) -> list[Change]:
    """A change for each student who has a grade, in the order of their ids.

    Args:
        lower: a grade may be replaced by a smaller one.
    """
    known = _find_unique(assignment.people)
    return [_plan(row, cell, _find_person(row, known), assignment.most, lower=lower) for row, cell in list_grades(sheet, exercise)]


def _find_person(row: StudentRow, known: Mapping[str, Person]) -> Person | None:
    """The person of this id, else the only one of another id that the roster has."""
    if (exact := known.get(to_look(row.student))) is not None:
        return exact
    others = {known[alias].user: known[alias] for alias in row.aliases if alias in known}
    return next(iter(others.values())) if len(others) == 1 else None


def _find_unique(people: Iterable[Person]) -> dict[str, Person]:
    """People by each id that only they have."""
    found: dict[str, Person | None] = {}
    for person in people:
        for look in {to_look(each) for each in person.ids if each}:
            # None marks an id that two people have; it may not come back with a third one.
            found[look] = None if found.get(look, person) is not person else person
    return {look: person for look, person in found.items() if person is not None}


def _plan(row: StudentRow, cell: GradeCell, person: Person | None, most: float, *, lower: bool) -> Change:
    name = row.name or (person.name if person else "")
    after = format_scaled_points(cell, most)
    # An id that matches by chance would send a grade to somebody else.
    if person is None or are_strangers(row.name, person.name):
        return Change(student=row.student, name=name, step="unknown", after=after)
    step: Step = "send"
    if not after:
        step = "ungraded"
    elif person.excused:
        step = "excused"
    # Rounded by the LMS; without this the same grade would be sent every time.
    elif person.score is not None and abs(float(after) - person.score) < NEAR:
        step = "same"
    # An instructor may have raised it by hand.
    elif person.score is not None and float(after) < person.score and not lower:
        step = "lower"
    return Change(
        student=row.student, name=name, step=step, user=person.user, before=person.score, after=after, comment=format_comment(cell)
    )


def count_steps(changes: Sequence[Change]) -> dict[Step, int]:
    """How many of each step."""
    return {step: sum(change.step == step for change in changes) for step in STEPS}


class Lms(Protocol):
    """What an LMS's module does; `TOKEN` is the environment's variable with its token."""

    TOKEN: str

    def read_assignment(self, session: Session, course: int, assignment: int) -> Assignment: ...
    def send_grade(self, session: Session, assignment: Assignment, change: Change, *, comments: bool) -> None: ...
