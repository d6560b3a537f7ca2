"""How hosts name the files of a class: one row of `HOSTS` each. Names only, nothing is opened.

A course's own package adds a row by an entry point in the group `grade.namings`: a function from a file's name, relative
and with `/`, to its `Owner`, or None where the name isn't of that kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from itertools import takewhile
from math import log10

from grader.batch.file_names import is_archive_name, strip_archive, strip_marks, strip_suffix
from grader.courses.host_times import parse_host_time
from grader.errors import UsageError

GROUP = "grade.namings"
METADATA = "submission_metadata.yml"
FIRST_ID = 1000  # smaller numbers in Canvas's names are a group's own, as in `team_7`

# Ada Lovelace_12345_assignsubmission_file_/x.py, or without the folder; 12345 is the worksheet's "Participant 12345".
MOODLE = re.compile(r"(?P<name>[^/]+)_(?P<student>\d{1,20})_assignsubmission_[a-z]+_(?:/(?P<path>.+)|(?P<file>[^/].*))")
# submission_123/x.py
GRADESCOPE = re.compile(r"(?P<student>submission_\d{1,20})/(?P<file>.+)")
# Assignment_username_attempt_2026-09-30-10-15-00_x.py, and a .txt about each attempt.
BLACKBOARD = re.compile(r"(?P<head>[^/]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:\.txt|_(?P<file>.+))")
# 20311-900017 - Ada L - Sep 30, 2026 1015 AM/x.py: Brightspace's own user and assignment, in no class list.
BRIGHTSPACE = re.compile(
    r"(?P<student>\d{1,20})-\d{1,20} - (?P<name>[^/]+?) - "
    r"(?P<time>(?:\w{3,12}\.? \d{1,2}|\d{1,2} \w{3,12}\.?),? \d{4},? \d{1,2}[:.]?\d\d(?: ?[AaPp]\.?[Mm]\.?)?)"
    r"(?:/(?P<path>.+)| - (?P<file>.+))"
)
# lastfirst_LATE_12345_67890_file.py: Canvas's user and attachment. Anonymous grading has a code for the user, and
# what was typed into Canvas has no attachment.
CANVAS_ANONYMOUS = re.compile(
    r"(?:(?P<late>LATE)_)?anon_(?P<student>[A-Za-z0-9]{3,10})_(?:(?P<number>\d{1,20})_)?(?P<file>.+)"
)
CANVAS_TYPED = re.compile(r"(?P<name>.+?)_(?:(?P<late>LATE)_)?(?P<student>\d{1,20})_(?P<file>(?:text|link)\.html)")
CANVAS_RESUBMITTED = re.compile(r"-\d{1,3}(?=\.\w+(?:\.\w+)?$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose file it is, and what else its name says.

    Args:
        student: the host's id.
        name: to show; may be empty.
        file: what the student called it; empty where that is the whole name.
        late: only where the host says it.
        handed_in: by the host's clock, whose offset from UTC a name doesn't have.
        is_internal: the id is in no table that the host gives, so a roster knows the student by name only.
    """

    student: str
    name: str = ""
    file: str = ""
    late: bool | None = None
    handed_in: datetime | None = None
    is_internal: bool = False


FindOwner = Callable[[str], Owner | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host's way of naming; `build` makes the rule for the names of one source, whose outer name is given, too."""

    system: str
    build: Callable[[Sequence[str], str], FindOwner]


def find_plain(name: str) -> Owner | None:
    """`ada.py` or `ada/…`.

    >>> find_plain("ada/work/solution.py").student
    'ada'
    """
    first, slash, rest = name.partition("/")
    if not slash or is_archive_name(first):
        first = strip_marks(strip_archive(strip_suffix(first)))
    return Owner(student=first, file=rest or name)


def find_moodle(name: str) -> Owner | None:
    """A file of Moodle's archive."""
    found = MOODLE.fullmatch(name)
    return found and Owner(student=found["student"], name=found["name"], file=found["path"] or found["file"])


def find_gradescope(name: str) -> Owner | None:
    """A file of Gradescope's archive, whose students are in its metadata."""
    found = GRADESCOPE.fullmatch(name)
    return found and Owner(student=found["student"], file=found["file"])


def find_brightspace(name: str) -> Owner | None:
    """A file of Brightspace's archive; each attempt is a folder."""
    found = BRIGHTSPACE.fullmatch(name)
    time = found and parse_host_time(found["time"])
    if found is None or time is None:
        return None
    return Owner(
        student=found["student"],
        name=found["name"],
        file=found["path"] or found["file"],
        handed_in=time,
        is_internal=True,
    )


def build_blackboard(names: Sequence[str], around: str) -> FindOwner:
    """Blackboard: the assignment is what all names begin with; user names may have underscores, too."""
    heads = {found["head"] for name in names if (found := BLACKBOARD.fullmatch(name))}
    prefix = _find_assignment(heads, around)

    def find_owner(name: str) -> Owner | None:
        found = BLACKBOARD.fullmatch(name)
        student = found and found["head"].removeprefix(prefix)
        if found is None or not student:
            return None
        return Owner(student=student, file=found["file"] or "", handed_in=_read_stamp(found["time"]))

    return find_owner


def _find_assignment(heads: set[str], around: str) -> str:
    """The assignment's name and an underscore: the archive is called `gradebook_course_assignment_time`."""
    first, last = min(heads, default=""), max(heads, default="")
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    ends = [index + 1 for index, (letter, _) in enumerate(shared) if letter == "_"]
    # The assignment may have underscores as well as the user names; the archive's name tells where it ends.
    named = [end for end in ends if _names_archive(first[: end - 1], around)]
    if named:
        return first[: max(named)]
    return first[: max(ends)] if ends else ""


def _names_archive(assignment: str, around: str) -> bool:
    """Whether an archive is called after an assignment; blanks are gone there, or are `20`, or something else."""
    outer = re.sub(r"[^\w-]", "", around)
    forms = {re.sub(r"[^\w-]", "", assignment.replace(" ", blank)) for blank in ("", "20", "_", "-")}
    return any(f"_{form}_" in outer for form in forms)


def _read_stamp(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S")  # noqa: DTZ007 - the name has no zone
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Split:
    """A way to read a name of Canvas's: some numbers in it are the user's and the attachment's."""

    owner: Owner
    attachment: int


def build_canvas(names: Sequence[str], _around: str) -> FindOwner:
    """Canvas: a group's name may end in a number, and a student's file begin with one.

    Then the attachment is the number nearest to those of the other files; Canvas counts them through.
    """
    splits = {name: _split_canvas(name) for name in names}
    # Names with one reading only show what this class's numbers look like.
    settled = [found[0] for found in splits.values() if len(found) == 1]
    usual = sorted(split.attachment for split in settled)
    middle = usual[len(usual) // 2] if usual else None
    known = {split.owner.student for split in settled}

    def find_owner(name: str) -> Owner | None:
        if found := CANVAS_ANONYMOUS.fullmatch(name):
            file = CANVAS_RESUBMITTED.sub("", found["file"])
            return Owner(student=found["student"], file=file, late=bool(found["late"]))
        chosen = _choose_split(splits.get(name) or _split_canvas(name), middle)
        typed = CANVAS_TYPED.fullmatch(name)
        if typed and (
            chosen is None or typed["student"] in known or int(chosen.student) < FIRST_ID <= int(typed["student"])
        ):
            return Owner(student=typed["student"], name=typed["name"], file=typed["file"], late=bool(typed["late"]))
        return chosen

    return find_owner


def _split_canvas(name: str) -> list[_Split]:
    top, slash, below = name.partition("/")
    fields = top.split("_")
    found: list[_Split] = []
    for index in range(1, len(fields) - 2):
        student, attachment = fields[index : index + 2]
        if not (student.isdecimal() and attachment.isdecimal() and len(student + attachment) <= 40):
            continue
        late = fields[index - 1] == "LATE" and index > 1
        who = "_".join(fields[: index - late])
        file = CANVAS_RESUBMITTED.sub("", "_".join(fields[index + 2 :])) + slash + below
        if who and file:
            found.append(
                _Split(owner=Owner(student=student, name=who, file=file, late=late), attachment=int(attachment))
            )
    # Canvas writes LATE itself, which settles where the name ends.
    return [split for split in found if split.owner.late] or found


def _choose_split(splits: Sequence[_Split], middle: int | None) -> Owner | None:
    if len(splits) < 2:
        return splits[0].owner if splits else None
    if middle is not None:
        # By orders of magnitude: attachments of a class are close together, other numbers in names are small.
        return min(splits, key=lambda split: abs(log10(split.attachment + 1) - log10(middle + 1))).owner
    return next((split.owner for split in splits if int(split.owner.student) >= FIRST_ID), None)


def _always(find_owner: FindOwner) -> Callable[[Sequence[str], str], FindOwner]:
    """For a host whose names can be read one by one."""
    return lambda _names, _around: find_owner


HOSTS = (
    Host(system="moodle", build=_always(find_moodle)),
    Host(system="gradescope", build=_always(find_gradescope)),
    Host(system="blackboard", build=build_blackboard),
    Host(system="brightspace", build=_always(find_brightspace)),
    Host(system="canvas", build=build_canvas),
)


def load_hosts() -> tuple[Host, ...]:
    """Every naming: those of installed packages first.

    Raises:
        UsageError: a package's naming can't be loaded.
    """
    return (*(_load_host(point.name, point.load) for point in entry_points(group=GROUP)), *HOSTS)


def _load_host(system: str, load: Callable[[], FindOwner]) -> Host:
    try:
        find_owner = load()
    except Exception as error:
        raise UsageError(f'the naming "{system}" of an installed package can\'t be loaded: {error}') from error

    def find_guarded(name: str) -> Owner | None:
        try:
            return find_owner(name)
        except Exception as error:
            raise UsageError(f'the naming "{system}" failed on {name!a}: {type(error).__name__}: {error}') from error

    return Host(system=system, build=_always(find_guarded))
