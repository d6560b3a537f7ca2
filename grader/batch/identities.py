"""Who handed in what: the roster's ids, names and times in the place of a host's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from grader.batch.handed import Handed, Submissions, order_handed
from grader.engines.folders import TemporaryFolder
from grader.gradebook import roster as rosters
from grader.gradebook.roster import Roster
from grader.messages.text import escape_line


def add_roster(
    handed: Sequence[Handed], problems: list[str], unread: list[str], roster: Roster | None, folder: TemporaryFolder | None
) -> Submissions:
    """A class as the roster knows it; without one as it came."""
    remarks: list[str] = []
    if roster is not None:
        handed = merge_handed(_identify(each, roster, problems, remarks) for each in handed)
        absent = rosters.list_missing_students(roster, [each.student for each in handed])
        if absent:
            names = ", ".join(escape_line(student.id, 40) for student in absent[:10]) + ", …" * (len(absent) > 10)
            remarks.append(f"{len(absent)} of the roster handed in nothing: {names}")
        unread = [*roster.problems, *unread]
    enrolled = {student.id: student.name for student in roster.students} if roster else {}
    enrolled |= {each.student: each.name for each in handed if each.student not in enrolled}
    ordered = tuple(sorted(handed, key=order_handed))
    return Submissions(
        handed=ordered,
        problems=tuple(problems),
        unread=tuple(unread),
        remarks=tuple(remarks),
        enrolled=enrolled,
        folder=folder,
    )


def merge_handed(handed: Iterable[Handed]) -> list[Handed]:
    """Merges entries of the same student and attempt, since a source may use two names for one student."""
    found: dict[tuple[str, datetime | None], Handed] = {}
    for each in handed:
        before = found.get((each.student, each.handed_in))
        if before is not None:
            both = {name: getattr(before, name) + getattr(each, name) for name in ("files", "names", "own", "others")}
            each = replace(each, **both)  # noqa: PLW2901
        found[each.student, each.handed_in] = each
    return list(found.values())


def _identify(each: Handed, roster: Roster, problems: list[str], remarks: list[str]) -> Handed:
    """With the id, name and time of the roster; without files where the roster has another person of that id."""
    # A host's internal number could be another student's id in the roster.
    known = roster.find_student(*([] if each.is_internal else [each.student]), each.name)
    if known is None:
        remarks.append(f"{escape_line(each.student)}: not in the roster; known under this name")
        return each
    # Better ungraded than a grade under another person's name.
    if rosters.are_strangers(each.name, known.name):
        problems += [
            f"{escape_line(name)}: {escape_line(each.name)} has the id of {escape_line(known.name)} in the roster" for name in each.names
        ]
        return replace(each, student=known.id, name=known.name, files=(), names=(), own=(), others=())
    return replace(
        each, student=known.id, name=known.name or each.name, submitted_at=each.submitted_at or known.submitted_at
    )
