"""Who handed in what: the roster's ids, names and times in the place of a host's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
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
        roster=roster,
        folder=folder,
    )


def recall_students(handed: Submissions, remembered: Roster) -> Submissions:
    """The submissions under the ids and names of a roster that came with earlier ones; who isn't in it stays as they are."""
    problems: list[str] = []
    found = merge_handed(_identify(each, remembered, problems, []) for each in handed)
    names = {each.student: each.name for each in found}
    return replace(handed, handed=tuple(sorted(found, key=order_handed)), problems=(*handed.problems, *problems), enrolled=names)


def describe_absent(handed: Submissions, excused: Collection[str]) -> list[str]:
    """Who of the roster handed in nothing, though it was asked of them."""
    if handed.roster is None:
        return []
    missing = rosters.list_missing_students(handed.roster, [each.student for each in handed])
    absent = [student.id for student in missing if student.id not in excused]
    names = ", ".join(escape_line(student, 40) for student in absent[:10]) + ", …" * (len(absent) > 10)
    return [f"{len(absent)} of the roster handed in nothing: {names}"] if absent else []


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
    return replace(each, student=known.id, name=known.name or each.name, roster_time=known.submitted_at or each.roster_time)
