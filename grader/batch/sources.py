"""Where a class's submissions come from: a folder, an archive of an LMS, or a table; each student with their files.

Nothing in it is believed: names are checked, links never followed, and what is refused is named while the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from grader import roster as rosters
from grader.batch import sources_gradescope
from grader.batch.sources_archive import SUFFIXES, is_archive, measured, unpacked
from grader.batch.sources_budgets import describe, find_oversized, owner_of
from grader.batch.sources_folder import walked
from grader.batch.sources_members import GRADED, Member, Refused, checked, ignored, without_collisions
from grader.batch.sources_names import METADATA, Naming, Owner, recognise
from grader.engines.folders import TemporaryFolder
from grader.errors import UsageError
from grader.reports.text import line
from grader.roster import Roster
from grader.student_ids import to_look, to_student_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What one student handed in.

    Args:
        student: the id by which the class knows them: the roster's, else the LMS's, else the file's or folder's name.
        name: to show; may be empty.
        files: each `.py` and `.ipynb`; none where something else was handed in.
        names: what the files are called in the source, in the same order.
        submitted_at: where the source says it.
        late: where the LMS says it.
    """

    student: str
    name: str = ""
    files: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()
    submitted_at: datetime | None = None
    late: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submissions:
    """A class's work, in the order of student ids; as a context it removes what was unpacked.

    Args:
        problems: what was refused or is doubtful, so that it isn't graded, each a sentence with its name.
        unread: what of a table beside the files could not be read; they are graded all the same.
        remarks: what differs from the roster; nothing is left out for it.
        enrolled: names by student id, also of those who handed in nothing.
    """

    handed: tuple[Handed, ...]
    problems: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    enrolled: dict[str, str] = field(default_factory=dict)
    folder: TemporaryFolder | None = None

    @property
    def unpacked(self) -> Path | None:
        """Where an archive was unpacked."""
        return None if self.folder is None else self.folder.path

    def __iter__(self) -> Iterator[Handed]:
        return iter(self.handed)

    def __len__(self) -> int:
        return len(self.handed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.folder is not None:
            self.folder.remove()


def read(path: Path, roster: Path | None = None) -> Submissions:
    """The submissions in a folder, an archive, or the files that a table names.

    Args:
        path: a folder; a zip or tar archive; a CSV with a column `file`, relative to it.
        roster: a CSV of the class.

    Raises:
        UsageError: nothing there, nothing in it, or nothing that can be read.
    """
    known = rosters.read(roster) if roster is not None else None
    if path.is_dir():
        return _grouped(path, list(walked(path)), known, None)
    if not path.is_file():
        raise UsageError(f"{path}: no such file or folder")
    if path.suffix.lower() == ".csv":
        return _listed(path, known)
    if is_archive(path):
        return _of_archive(path, known)
    raise UsageError(f"{path}: expected a folder, an archive ({', '.join(SUFFIXES)}) or a .csv of students and files")


def _of_archive(path: Path, roster: Roster | None) -> Submissions:
    folder = TemporaryFolder("grade-submissions-")
    try:
        naming = _recognise([name for name, _ in measured(path)], path, packed=True)
        refused = find_oversized(measured(path), naming)
        found = list(unpacked(path, folder.path, lambda name: owner_of(naming, name) not in refused))
        return _grouped(path, [*found, *describe(refused)], roster, folder)
    except BaseException:
        folder.remove()
        raise


def _grouped(path: Path, found: Sequence[Member | str], roster: Roster | None, folder: TemporaryFolder | None) -> Submissions:
    problems = [each for each in found if isinstance(each, str)]
    members: list[Member] = []
    for each in without_collisions(member for member in found if isinstance(member, Member)):
        members.append(each) if isinstance(each, Member) else problems.append(each)
    naming = _recognise([member.name for member in members], path, packed=folder is not None)
    refused = find_oversized(((member.name, 0) for member in members), naming)
    problems += describe(refused)
    members = [member for member in members if owner_of(naming, member.name) not in refused]
    seen = [member for member in members if not ignored(member.name)]
    handed = _by_student(seen, naming, problems)
    unread: list[str] = []
    if naming.system == "gradescope":
        handed = _submitters(handed, seen, naming, unread)
    if not handed:
        raise UsageError(f"{path}: no submissions in it" + "".join(f"\n  {problem}" for problem in problems[:10]))
    return _with_roster(handed, problems, unread, roster, folder)


def _recognise(names: Sequence[str], path: Path, *, packed: bool) -> Naming:
    """How the files of a source are named, hidden ones told apart."""
    seen, hidden = [name for name in names if not ignored(name)], [name for name in names if ignored(name)]
    return recognise(seen, _stem(path) if packed else path.absolute().name, packed=packed, hidden=hidden)


def _stem(path: Path) -> str:
    lower = path.name.lower()
    return path.name[: -len(next(suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if lower.endswith(suffix)))]


def _by_student(members: Iterable[Member], naming: Naming, problems: list[str]) -> list[Handed]:
    """Files by owner."""
    found: dict[str, Handed] = {}
    for member in sorted(members, key=lambda member: member.name):
        name = member.name.removeprefix(naming.root)
        graded = member.path is not None and name.endswith(GRADED)
        owner = naming.owner(name)
        if owner is None and graded:
            problems.append(f"{line(member.name)}: not named as {naming.system} names files, so nobody's; rename it")
        # A stray table or text beside the students' files makes nobody of its name.
        elif owner is not None and (graded or naming.system != "plain" or "/" in name):
            found[owner.student] = _added(found.get(owner.student), owner, member if graded else None)
    return [
        replace(each, student=to_student_id(each.student), name=to_student_id(each.name))
        for each in _without_twins(list(found.values()), problems)
    ]


def _added(before: Handed | None, owner: Owner, member: Member | None) -> Handed:
    known = before or Handed(student=owner.student, name=owner.name, late=owner.late)
    if owner.late and not known.late:
        known = replace(known, late=True)
    if member is None or member.path is None:
        return known
    return replace(known, files=(*known.files, member.path), names=(*known.names, member.name))


def _without_twins(handed: Sequence[Handed], problems: list[str]) -> list[Handed]:
    """Whose ids look the same would be one student in an LMS's table, or get each other's grade."""
    twins: dict[str, list[str]] = {}
    for each in handed:
        twins.setdefault(to_look(each.student), []).append(each.student)
    for look, both in twins.items():
        names = " and ".join(f'"{line(name)}"' for name in both)
        if not look:
            problems.append(f"{names}: a name of nothing that can be seen; rename it")
        elif len(both) > 1:
            problems.append(f"{names}: names that differ only in letter case, blanks or marks that aren't seen; rename one")
    return [each for each in handed if to_look(each.student) and len(twins[to_look(each.student)]) == 1]


def _submitters(handed: list[Handed], members: Sequence[Member], naming: Naming, unread: list[str]) -> list[Handed]:
    """Gradescope's folders by their submitters; each member of a group has handed in the same files."""
    path = next((member.path for member in members if member.name == naming.root + METADATA), None)
    try:
        told = sources_gradescope.read(path.read_bytes()) if path else {}
    except (OSError, ValueError) as error:
        unread.append(f"{METADATA}: {error}; students are named after their folders")
        told = {}
    found: list[Handed] = []
    for each in handed:
        known = told.get(each.student)
        if known is None or not known.submitters:
            found.append(each)
            continue
        found += [
            replace(
                each,
                student=to_student_id(student) or each.student,
                name=to_student_id(name),
                submitted_at=known.submitted_at,
            )
            for student, name in known.submitters
        ]
    return _merged(found)


def _with_roster(
    handed: Sequence[Handed], problems: list[str], unread: list[str], roster: Roster | None, folder: TemporaryFolder | None
) -> Submissions:
    remarks: list[str] = []
    if roster is not None:
        handed = _merged(_identified(each, roster, remarks) for each in handed)
        absent = rosters.missing(roster, [each.student for each in handed])
        if absent:
            names = ", ".join(line(student.id, 40) for student in absent[:10]) + ", …" * (len(absent) > 10)
            remarks.append(f"{len(absent)} of the roster handed in nothing: {names}")
        unread = [*roster.problems, *unread]
    enrolled = {student.id: student.name for student in roster.students} if roster else {}
    enrolled |= {each.student: each.name for each in handed if each.student not in enrolled}
    ordered = tuple(sorted(handed, key=lambda each: each.student))
    return Submissions(
        handed=ordered,
        problems=tuple(problems),
        unread=tuple(unread),
        remarks=tuple(remarks),
        enrolled=enrolled,
        folder=folder,
    )


def _merged(handed: Iterable[Handed]) -> list[Handed]:
    """One for each student, whom a source may know by two names."""
    found: dict[str, Handed] = {}
    for each in handed:
        before = found.get(each.student)
        found[each.student] = (
            replace(each, files=before.files + each.files, names=before.names + each.names) if before else each
        )
    return list(found.values())


def _identified(each: Handed, roster: Roster, remarks: list[str]) -> Handed:
    """With the id, name and time of the roster."""
    known = roster.find(each.student, each.name)
    if known is None:
        remarks.append(f"{line(each.student)}: not in the roster; known under this name")
        return each
    return replace(each, student=known.id, name=known.name or each.name, submitted_at=each.submitted_at or known.submitted_at)


def _listed(path: Path, roster: Roster | None) -> Submissions:
    """The files that a table names, one row for each."""
    table = rosters.read(path)
    problems: list[str] = []
    found: dict[str, Handed] = {}
    for student in table.students:
        before = found.get(student.id) or Handed(student=student.id, name=student.name, submitted_at=student.submitted_at)
        try:
            files = _named(path.parent, student.file)
        except Refused as refusal:
            problems.append(f"{line(student.id)}: {line(student.file)}: {refusal}")
            continue
        names = tuple(str(file) for file in files)
        found[student.id] = replace(before, files=before.files + files, names=before.names + names)
    if not any(each.files for each in found.values()):
        raise UsageError(f'{path}: names no files; it needs a column "file", relative to the table')
    return _with_roster(list(found.values()), problems, list(table.problems), roster, None)


def _named(folder: Path, name: str) -> tuple[Path, ...]:
    """The file that a row names; none for an empty cell. Raises: Refused: it isn't one below the table's folder."""
    if not name:
        return ()
    path = folder / PurePosixPath(checked(name))
    if path.is_symlink() or not path.is_file():
        raise Refused("no such file")
    return (path,)
