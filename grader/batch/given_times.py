"""The table of `--submitted`: when each student's file came, for platforms whose archives don't say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.batch.handed import Handed, Submissions
from grader.courses.yaml_tree import format_suggestion
from grader.errors import UsageError
from grader.gradebook import roster as rosters
from grader.gradebook.roster import Roster, RosterStudent
from grader.messages.text import escape_line
from grader.records.student_ids import to_look

MAX_SHOWN_STUDENTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTimes:
    """What a table says; `problems` are the rows that can't be used.

    Args:
        times: by student and exercise; under an empty name, for all of them.
        ids: by alias, the students of the table; several where the alias is shared.
    """

    name: str
    times: Mapping[str, Mapping[str, datetime]]
    ids: Mapping[str, frozenset[str]]
    problems: tuple[str, ...] = ()

    def find_id(self, names: Iterable[str]) -> str | None:
        """The table's student whom the first of these names identifies."""
        found = (self.ids.get(to_look(name), frozenset()) for name in names if name)
        return next((next(iter(ids)) for ids in found if len(ids) == 1), None)


def read_given_times(path: Path, exercises: Sequence[str]) -> GivenTimes:
    """A table with a column of ids and one of times, and perhaps one of exercises.

    Args:
        exercises: the course's; another name is a misspelt one.

    Raises:
        UsageError: it can't be read, or holds no time.
    """
    table = rosters.read_roster(path)
    problems = list(table.problems)
    times: dict[str, dict[str, datetime]] = {}
    for row in table.students:
        if row.submitted_at is None:
            continue
        if row.exercise and row.exercise not in exercises:
            problems.append(f'{path}: no exercise "{escape_line(row.exercise, 40)}"{format_suggestion(row.exercise, exercises)}')
        elif (before := times.setdefault(row.id, {}).setdefault(row.exercise, row.submitted_at)) != row.submitted_at:
            problems.append(f"{path}: {escape_line(row.id)} has two times, {before.isoformat()} and {row.submitted_at.isoformat()}; the first counts")
    if not times and not problems:
        raise UsageError(f'{path}: holds no times; it needs a column "submitted_at" beside that of the ids')
    return GivenTimes(name=str(path), times=times, ids=_map_ids(table.students), problems=tuple(problems))


def _map_ids(students: Iterable[RosterStudent]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for student in students:
        for alias in student.aliases:
            found.setdefault(alias, set()).add(student.id)
    # An id is nobody's name, even where another student is called so.
    return {alias: frozenset(ids) for alias, ids in found.items()} | {to_look(student.id): frozenset([student.id]) for student in students}


def add_given_times(handed: Submissions, given: GivenTimes, roster: Roster) -> Submissions:
    """The submissions with the table's times.

    Args:
        roster: it may have further ids of the students.
    """
    by_id = {student.id: student for student in roster.students}
    placed: dict[str, str] = {}
    for each in handed:
        aliases = by_id[each.student].aliases if each.student in by_id else ()
        if found := given.find_id([each.student, each.name, *sorted(aliases)]):
            placed[each.student] = found
    unplaced = [id_ for id_ in given.times if id_ not in placed.values()]
    shown = ", ".join(escape_line(id_, 40) for id_ in unplaced[:MAX_SHOWN_STUDENTS]) + ", …" * (len(unplaced) > MAX_SHOWN_STUDENTS)
    remarks = [f"{given.name}: times of {len(unplaced)} whose files aren't here: {shown}"] if unplaced else []
    return replace(
        handed,
        handed=tuple(_add_times(each, given, placed.get(each.student)) for each in handed),
        unread=(*handed.unread, *given.problems),
        remarks=(*handed.remarks, *remarks),
    )


def _add_times(each: Handed, given: GivenTimes, student: str | None) -> Handed:
    return replace(each, given_times=given.times[student]) if student is not None and student in given.times else each
