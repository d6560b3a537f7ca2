"""Where a class's submissions come from: a folder, an archive of an LMS, or a table; each student with their files.

Nothing in a source is trusted: names are checked, links never followed; refused files are listed, the rest is graded.
"""

from __future__ import annotations

import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath

from grader.batch.file_names import ARCHIVES, UNREADABLE_ARCHIVES, find_kind, is_archive_name, strip_archive
from grader.batch.handed import Handed, Submissions, order_handed
from grader.batch.identities import add_roster, merge_handed
from grader.batch.sources import gradescope
from grader.batch.sources.archive import measured, opened, unpack_archive, unwrap
from grader.batch.sources.budgets import describe, find_oversized, owner_of
from grader.batch.sources.members import (
    NOT_A_FILE,
    FileRefused,
    SourceFile,
    check_name,
    is_ignored,
    refuse_collisions,
    walk_folder,
)
from grader.batch.sources.names import METADATA, NamingScheme, Owner, is_doubtful, recognize_naming
from grader.batch.sources.namings import load_hosts
from grader.courses.exercise import Exercise
from grader.courses.spreadsheets import SUFFIXES
from grader.engines.folders import TemporaryFolder
from grader.errors import UsageError
from grader.gradebook import roster as rosters
from grader.gradebook.roster import Roster
from grader.messages.text import escape_line
from grader.records.student_ids import to_look, to_student_id


def read_submissions(
    path: Path, roster: Path | None = None, *, naming: str | None = None, taken: Sequence[str] = ()
) -> Submissions:
    """The submissions in a folder, an archive, or the files that a table names.

    Args:
        path: a folder; a zip or tar archive; a table with a column `file`, relative to it.
        roster: a table of the class.
        naming: whose names the files have; by default told by them.
        taken: what exercises and their functions are called, which no student is.

    Raises:
        UsageError: nothing there, nothing in it, nothing that can be read, or files whose owner can't be determined.
    """
    known = rosters.read_roster(roster) if roster is not None else None
    if path.is_dir() or (path.is_file() and is_archive_name(path.name)):
        return _unpacked(path, known, naming, taken)
    if not path.is_file():
        raise UsageError(f"{path}: no such file or folder")
    if path.name.lower().endswith(SUFFIXES):
        return _read_file_table(path, known)
    if path.name.lower().endswith(UNREADABLE_ARCHIVES):
        raise UsageError(f"{path}: archives of this kind can't be read; pack it again as .zip")
    raise UsageError(
        f"{path}: expected a folder, an archive ({', '.join(ARCHIVES)}) or a table (.csv) of students and files"
    )


def read_arrival(
    path: Path, roster: Path | None = None, *, naming: str | None = None, taken: Sequence[str] = ()
) -> Submissions:
    """One file, folder or archive that has come into a folder of arrivals; copied, since it may change meanwhile.

    An archive whose names are a host's is that host's, with all of its students; another one is one student's.

    Args: as `read_submissions`.

    Raises:
        UsageError: as `read_submissions`.
    """
    known = rosters.read_roster(roster) if roster is not None else None
    folder = TemporaryFolder("grade-submissions-")
    try:
        if is_archive_name(path.name):
            source = unwrap(path, folder.path)
            if _recognise([name for name, _ in measured(source)], source, path, naming).system != "plain":
                folder.remove()
                # Without remarks: one arrival says nothing about who in the roster hasn't handed in.
                return replace(read_submissions(path, roster, naming=naming, taken=taken), remarks=())
        found = [_copied(each, folder.path) for each in _walk_arrival(path)]
        members = list(opened(found, folder.path, lambda _: path.name))
        return replace(_group_files(path.parent, path.parent, members, known, folder, naming, taken), remarks=())
    except BaseException:
        folder.remove()
        raise


def _walk_arrival(path: Path) -> Iterator[SourceFile | str]:
    """The files of an arrival, named from the folder that it came into."""
    if path.is_symlink():
        yield f"{escape_line(path.name)}: {NOT_A_FILE}"
    elif path.is_dir():
        for each in walk_folder(path):
            yield replace(each, name=f"{path.name}/{each.name}") if isinstance(each, SourceFile) else f"{escape_line(path.name)}/{each}"
    else:
        try:
            yield SourceFile(name=check_name(path.name), path=path)
        except FileRefused as refusal:
            yield f"{escape_line(path.name)}: {refusal}"


def _copied(each: SourceFile | str, folder: Path) -> SourceFile | str:
    if isinstance(each, str) or each.path is None:
        return each
    # A folder each, since names may repeat in an arrival.
    below = Path(tempfile.mkdtemp(dir=folder, prefix="arrived-"))
    return replace(each, path=Path(shutil.copy(each.path, below / each.path.name)))


def names_taken(exercises: Sequence[Exercise]) -> list[str]:
    """What exercises and their functions are called."""
    return [name for exercise in exercises for name in (exercise.id, exercise.function) if name]


def _unpacked(path: Path, roster: Roster | None, naming: str | None, taken: Sequence[str]) -> Submissions:
    folder = TemporaryFolder("grade-submissions-")
    try:
        if path.is_dir():
            found, source = list(walk_folder(path)), path
            known = _recognise([each.name for each in found if isinstance(each, SourceFile)], path, path, naming)
        else:
            source = unwrap(path, folder.path)
            known = _recognise([name for name, _ in measured(source)], source, path, naming)
            # Measured before anything is unpacked, so that one student's archive bomb writes nothing.
            refused = find_oversized(measured(source), known)
            found = [*unpack_archive(source, folder.path, lambda name: owner_of(known, name) not in refused), *describe(refused)]
        members = list(opened(found, folder.path, partial(owner_of, known)))
        return _group_files(source, path, members, roster, folder, naming, taken)
    except BaseException:
        folder.remove()
        raise


def _group_files(
    source: Path,
    path: Path,
    found: Sequence[SourceFile | str],
    roster: Roster | None,
    folder: TemporaryFolder,
    named: str | None,
    taken: Sequence[str],
) -> Submissions:
    problems = [each for each in found if isinstance(each, str)]
    members: list[SourceFile] = []
    for each in refuse_collisions(member for member in found if isinstance(member, SourceFile)):
        members.append(each) if isinstance(each, SourceFile) else problems.append(each)
    naming = _recognise([member.name for member in members], source, path, named)
    # Again, since archives within may have brought many more files.
    refused = find_oversized(((member.name, 0) for member in members), naming)
    problems += describe(refused)
    members = [member for member in members if owner_of(naming, member.name) not in refused]
    seen = [member for member in members if not is_ignored(member.name)]
    if naming.system == "plain" and named is None:
        seen = _without_doubtful(path, seen, naming, taken, problems)
    handed = _group_by_student(seen, naming, problems)
    unread: list[str] = []
    if naming.system == "gradescope":
        handed = _expand_groups(handed, seen, naming, unread)
    if not handed:
        raise UsageError(f"{path}: no submissions in it" + "".join(f"\n  {problem}" for problem in problems[:10]))
    return add_roster(handed, problems, unread, roster, folder)


def _without_doubtful(
    path: Path, members: Sequence[SourceFile], naming: NamingScheme, taken: Sequence[str], problems: list[str]
) -> list[SourceFile]:
    """Those whose names may be a student's.

    Raises:
        UsageError: the owner of most files can't be determined; the message lists them.
    """
    graded = {member.name: _find_owner(naming, member) for member in members if member.path and find_kind(member.name)}
    doubtful = {owner.student for owner in graded.values() if owner and is_doubtful(owner.student, taken)}
    names = [name for name, owner in graded.items() if owner and owner.student in doubtful]
    # A few odd names are refused one by one; if most are odd, the naming itself was misread.
    if names and len(names) * 2 >= len(graded):
        shown = "".join(f"\n  {escape_line(name, 120)}" for name in sorted(names)[:10]) + "\n  …" * (len(names) > 10)
        raise UsageError(
            f"{path}: whose files are these? Name them STUDENT.py or STUDENT/…, or say whose names they are: "
            f"--naming plain, canvas, moodle, …{shown}"
        )
    problems += [
        f"{escape_line(name)}: its name doesn't tell whose it is; name it STUDENT.py or STUDENT/…" for name in sorted(names)
    ]
    return [
        member for member in members if (owner := _find_owner(naming, member)) is None or owner.student not in doubtful
    ]


def _find_owner(naming: NamingScheme, member: SourceFile) -> Owner | None:
    return naming.find_owner(member.name.removeprefix(naming.root))


def _recognise(names: Sequence[str], source: Path, path: Path, named: str | None) -> NamingScheme:
    """Recognises how a source names its files, with hidden files apart; the source may be an archive within `path`."""
    seen, hidden = [name for name in names if not is_ignored(name)], [name for name in names if is_ignored(name)]
    around = path.absolute().name if path.is_dir() else strip_archive(source.name)
    return recognize_naming(seen, around, packed=not path.is_dir(), hidden=hidden, system=named, hosts=load_hosts())


def _group_by_student(members: Iterable[SourceFile], naming: NamingScheme, problems: list[str]) -> list[Handed]:
    """Files by owner and attempt, each student's attempts in the order of time."""
    found: dict[tuple[str, datetime | None], Handed] = {}
    for member in sorted(members, key=lambda member: member.name):
        graded = member.path is not None and find_kind(member.name) is not None
        owner = _find_owner(naming, member)
        if owner is None and graded:
            problems.append(f"{escape_line(member.name)}: not named as {naming.system} names files, so nobody's; rename it")
        # A stray table or text beside the students' files makes nobody of its name.
        elif owner is not None and (graded or naming.system != "plain" or "/" in member.name.removeprefix(naming.root)):
            attempt = owner.student, owner.handed_in
            found[attempt] = _add_file(found.get(attempt), owner, member, graded=graded)
    return [
        replace(each, student=to_student_id(each.student), name=to_student_id(each.name))
        for each in _drop_twin_ids(sorted(found.values(), key=order_handed), problems)
    ]


def _add_file(before: Handed | None, owner: Owner, member: SourceFile, *, graded: bool) -> Handed:
    known = before or Handed(
        student=owner.student,
        name=owner.name,
        late=owner.late,
        handed_in=owner.handed_in,
        is_internal=owner.is_internal,
    )
    # One late file makes the whole attempt late.
    if owner.late and not known.late:
        known = replace(known, late=True)
    if not graded or member.path is None:
        return replace(known, others=(*known.others, owner.file)) if owner.file else known
    return replace(
        known,
        files=(*known.files, member.path),
        names=(*known.names, member.name),
        own=(*known.own, owner.file or PurePosixPath(member.name).name),
    )


def _drop_twin_ids(handed: Sequence[Handed], problems: list[str]) -> list[Handed]:
    """Whose ids look the same would be one student in an LMS's table, or get each other's grade."""
    twins: dict[str, dict[str, None]] = {}
    for each in handed:
        twins.setdefault(to_look(each.student), {})[each.student] = None
    for look, both in twins.items():
        names = " and ".join(f'"{escape_line(name)}"' for name in both)
        if not look:
            problems.append(f"{names}: a name of nothing that can be seen; rename it")
        elif len(both) > 1:
            problems.append(f"{names}: names that differ only in letter case, blanks or marks that aren't seen; rename one")
    return [each for each in handed if to_look(each.student) and len(twins[to_look(each.student)]) == 1]


def _expand_groups(handed: list[Handed], members: Sequence[SourceFile], naming: NamingScheme, unread: list[str]) -> list[Handed]:
    """Gradescope's folders by their submitters; each member of a group has handed in the same files."""
    path = next((member.path for member in members if member.name == naming.root + METADATA), None)
    try:
        told = gradescope.read_metadata(path.read_bytes()) if path else {}
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
    return merge_handed(found)


def _read_file_table(path: Path, roster: Roster | None) -> Submissions:
    """The files that a table names, one row for each."""
    table = rosters.read_roster(path)
    problems: list[str] = []
    found: dict[str, Handed] = {}
    for student in table.students:
        before = found.get(student.id) or Handed(student=student.id, name=student.name, roster_time=student.submitted_at)
        try:
            files = _find_named_file(path.parent, student.file)
        except FileRefused as refusal:
            problems.append(f"{escape_line(student.id)}: {escape_line(student.file)}: {refusal}")
            continue
        names = tuple(str(file) for file in files)
        found[student.id] = replace(before, files=before.files + files, names=before.names + names)
    if not any(each.files for each in found.values()):
        raise UsageError(f'{path}: names no files; it needs a column "file", relative to the table')
    return add_roster(list(found.values()), problems, list(table.problems), roster, None)


def _find_named_file(folder: Path, name: str) -> tuple[Path, ...]:
    """The file that a row names; none for an empty cell. Raises: FileRefused: it isn't one below the table's folder."""
    if not name:
        return ()
    composed = check_name(name)
    # macOS writes names decomposed, and a table written elsewhere has them composed.
    for form in (composed, unicodedata.normalize("NFD", composed)):
        path = folder / PurePosixPath(form)
        if path.is_file() and not path.is_symlink():
            return (path,)
    raise FileRefused("no such file")
