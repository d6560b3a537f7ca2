"""The answers of a class to a quiz: an LMS's archive of response files, and everybody under the id that the class knows.

Archives are hostile: nothing of them is written to the disk, and their sizes are bounded while they are read.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from msgspec import structs

from grader.batch.file_names import UNREADABLE_ARCHIVES, is_archive_name, strip_archive
from grader.batch.handed import Handed, Submissions
from grader.batch.identities import add_roster, describe_absent
from grader.batch.sources import gradescope
from grader.batch.sources.members import NOT_A_FILE, FileRefused, check_name, is_ignored
from grader.batch.sources.names import NamingScheme, is_doubtful, recognize_naming
from grader.batch.sources.namings import METADATA, Owner, load_hosts
from grader.courses.yaml_tree import MAX_YAML_BYTES
from grader.errors import UsageError
from grader.gradebook import roster as rosters
from grader.gradebook.roster import Roster
from grader.messages.text import escape_line
from grader.quiz import handed_in, lms_answers
from grader.quiz.handed_in import RESPONSE_SUFFIXES, ResponseFile, read_response_bytes
from grader.quiz.model import Quiz, draw_questions
from grader.quiz.responses import ResponseFileError
from grader.records.student_ids import to_student_id

MAX_MEMBERS = 50_000
MAX_NESTED_MEMBERS = 200
MAX_NESTED_BYTES = 20_000_000
MAX_TOTAL_BYTES = 1_000_000_000
UNREADABLE_ZIP = (zipfile.BadZipFile, ValueError, NotImplementedError)
ENCRYPTED_FLAG, UTF_8_FLAG = 0x1, 0x800
LINK_MODE = 0o120000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAnswers:
    """Response files, each with who handed it in; what was refused and what is doubtful, a sentence each.

    Args:
        files: how many there were, broken ones too.
        own_remarks: those remarks that don't come from the roster.
        enrolled: names by student id, also of those who handed in nothing.
        roster: the table of the class, where one was used.
    """

    items: tuple[tuple[Handed, ResponseFile], ...]
    files: int = 0
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    own_remarks: tuple[str, ...] = ()
    enrolled: dict[str, str] = field(default_factory=dict)
    roster: Roster | None = None


def read_class_answers(
    path: Path,
    quiz: Quiz,
    roster: Path | None = None,
    *,
    naming: str | None = None,
    remembered: Roster | None = None,
    excused: Collection[str] = (),
) -> ClassAnswers:
    """The answers of a class: in an archive, an LMS's table, a folder, or one file.

    Args:
        naming: whose names an archive's files have; by default told by them.
        remembered: a roster that came earlier, which counts where none is given.
        excused: the students of whom the quiz isn't asked.

    Raises:
        UsageError: nothing there, or nothing that can be read.
    """
    if roster is not None:
        found = _read_answers_of(path, quiz, rosters.read_roster(roster), naming)
        present = Submissions(handed=tuple(each for each, _ in found.items), roster=found.roster)
        return replace(found, remarks=(*found.remarks, *describe_absent(present, excused)))
    found = _read_answers_of(path, quiz, remembered, naming)
    # An older roster says nothing of who is here now.
    names = {each.student: each.name for each, _ in found.items if each.student}
    return replace(found, roster=None, enrolled=names, remarks=found.remarks if remembered is None else found.own_remarks)


def _read_answers_of(path: Path, quiz: Quiz, known: Roster | None, naming: str | None) -> ClassAnswers:
    if path.is_file() and is_archive_name(path.name):
        return read_answer_archive(path, quiz, known, naming=naming)
    if path.name.lower().endswith(UNREADABLE_ARCHIVES):
        raise UsageError(f"{path}: archives of this kind can't be read; pack it again as .zip")
    problems: list[str] = []
    if lms_answers.is_table(path):
        taken = lms_answers.read_answers(path, quiz)
        remarks, items, files = taken.remarks, taken.items, 1
    else:
        read = list(handed_in.read_response_files(handed_in.find_response_files(path), quiz))
        problems += [str(item) for item in read if isinstance(item, ResponseFileError)]
        remarks, items, files = [], [item for item in read if isinstance(item, ResponseFile)], len(read)
    # An LMS's table is the file of all, so its attempts are told apart by their numbers.
    found = [
        (Handed(student=to_student_id(item.responses.student), names=(str(index),)), item)
        for index, item in enumerate(items)
    ]
    identified = identify_students(found, quiz, known)
    return replace(
        identified,
        files=files,
        problems=(*problems, *identified.problems),
        remarks=(*remarks, *identified.remarks),
        own_remarks=(*remarks, *identified.own_remarks),
    )


def read_answer_archive(
    path: Path, quiz: Quiz, roster: Roster | None = None, *, naming: str | None = None
) -> ClassAnswers:
    """The response files of an archive as an LMS gives it.

    Raises:
        UsageError: not a zip, too much in it, no response file, or a naming that doesn't exist.
    """
    problems: list[str] = []
    members = dict(_read_members(path, problems))
    responses = [(_as_graded(name), name) for name in members if name.lower().endswith(RESPONSE_SUFFIXES)]
    scheme = recognize_naming(
        [name for name in map(_as_graded, members) if not is_ignored(name)],
        strip_archive(path.name),
        packed=True,
        system=naming,
        hosts=load_hosts(),
    )
    told = _read_gradescope(members, scheme, problems)
    found: list[tuple[Handed, ResponseFile]] = []
    for shown, name in sorted(responses):
        if not is_ignored(name) and PurePosixPath(name).name != METADATA:
            found += _read_answers(shown, name, members[name], quiz, scheme, told, problems)
    if not found:
        detail = "".join(f"\n  {escape_line(problem, 300)}" for problem in problems[:10])
        raise UsageError(
            f"{path}: no response files ({', '.join('*' + suffix for suffix in RESPONSE_SUFFIXES)}) in it{detail}"
        )
    known = identify_students(found, quiz, roster)
    return replace(known, files=len(responses), problems=(*problems, *known.problems))


def identify_students(found: Sequence[tuple[Handed, ResponseFile]], quiz: Quiz, roster: Roster | None) -> ClassAnswers:
    """The answers under the ids of the roster, where there is one; who isn't in it stays as they are."""
    if roster is None:
        items = [(each, _rename(item, each.student, quiz)) if each.student else (each, item) for each, item in found]
        claims = tuple(_find_foreign_claims(found, [each for each, _ in found], None))
        return ClassAnswers(
            items=tuple(items),
            remarks=claims,
            enrolled={each.student: each.name for each, _ in found if each.student},
        )
    by_name = {each.names[0]: item for each, item in found}
    sentences: list[str] = []
    known = add_roster([each for each, _ in found], sentences, [], roster, None)
    items = [(each, _rename(by_name[name], each.student, quiz)) for each in known.handed for name in each.names]
    claims = tuple(_find_foreign_claims(found, known.handed, roster))
    return ClassAnswers(
        items=tuple(items),
        problems=tuple(sentences),
        remarks=(*known.unread, *known.remarks, *claims),
        own_remarks=claims,
        enrolled=known.enrolled,
        roster=roster,
    )


def _rename(item: ResponseFile, student: str, quiz: Quiz) -> ResponseFile:
    """The same answers under another id; the questions stay those that were drawn for the id in the file."""
    before = item.responses
    if before.student == student:
        return item
    asked = (
        item.asked
        if item.asked is not None or not quiz.pools
        else tuple(draw_questions(quiz, before.student, before.attempt))
    )
    return replace(item, responses=structs.replace(before, student=student), asked=asked)


def _find_foreign_claims(
    found: Sequence[tuple[Handed, ResponseFile]], known: Sequence[Handed], roster: Roster | None
) -> Iterator[str]:
    """Files that say they are another student's than the one who handed them in."""
    owners = {name: each.student for each in known for name in each.names}
    students = {*owners.values()}
    for each, item in found:
        claimed = to_student_id(item.responses.student)
        if roster is not None and (person := roster.find_student(claimed)) is not None:
            claimed = person.id
        owner = owners.get(each.names[0])
        if owner is not None and claimed != owner and claimed in students:
            yield f"{item.source.path}: {owner} has handed in a file that says it is by {claimed}; it counts for {owner}: ask who wrote it"


def _as_graded(name: str) -> str:
    """A response file's name with the suffix of a graded file, so that the hosts' namings know it."""
    suffix = next((suffix for suffix in RESPONSE_SUFFIXES if name.lower().endswith(suffix)), None)
    return name if suffix is None or PurePosixPath(name).name == METADATA else name[: -len(suffix)] + ".py"


def _read_answers(
    shown: str,
    name: str,
    data: bytes,
    quiz: Quiz,
    scheme: NamingScheme,
    told: dict[str, gradescope.SubmissionInfo],
    problems: list[str],
) -> list[tuple[Handed, ResponseFile]]:
    """One file for each student whose it is, of whom a group has several."""
    owner = scheme.find_owner(shown.removeprefix(scheme.root))
    try:
        item = read_response_bytes(data, quiz, name)
    except ResponseFileError as error:
        problems.append(str(error))
        return []
    if owner is None and scheme.system != "plain":
        problems.append(f"{name}: not named as {scheme.system} names files, so nobody's; rename it")
        return []
    own = item.responses.student
    # Our own files are called after quiz, student and attempt, which is no student's name; they say whose they are.
    if scheme.system == "plain" and own:
        owner = Owner(student=own)
    elif owner is None or (scheme.system == "plain" and is_doubtful(owner.student, [quiz.id])):
        problems.append(f"{name}: neither its name nor its `student` tells whose it is; name it STUDENT.json")
        return []
    info = told.get(owner.student)
    people = info.submitters if info else ((owner.student, owner.name),)
    at = info.submitted_at if info else None
    return [
        (
            Handed(
                student=to_student_id(student) or owner.student, name=to_student_id(shown_name), submitted_at=at, names=(f"{name}#{index}" if index else name,),
                own=(owner.file or name,), late=owner.late, handed_in=owner.handed_in, is_internal=owner.is_internal,
            ),
            replace(item, source=structs.replace(item.source, path=f"{name}#{index}" if index else name)),
        )
        for index, (student, shown_name) in enumerate(people)
    ]  # fmt: skip


def _read_gradescope(
    members: dict[str, bytes], scheme: NamingScheme, problems: list[str]
) -> dict[str, gradescope.SubmissionInfo]:
    data = members.get(scheme.root + METADATA)
    if scheme.system != "gradescope" or data is None:
        return {}
    try:
        return gradescope.read_metadata(data)
    except ValueError as error:
        problems.append(f"{METADATA}: {error}; students are named after their folders")
        return {}


def _read_members(path: Path, problems: list[str]) -> Iterator[tuple[str, bytes]]:
    """The files that matter, by name. Raises: UsageError: not a zip, or too much in it."""
    if not zipfile.is_zipfile(path):
        raise UsageError(f"{path}: expected a .zip; unpack other archives and name the folder")
    total = 0
    with _open_zip(path) as archive:
        if len(archive.infolist()) > MAX_MEMBERS:
            raise UsageError(f"{path}: holds more than {MAX_MEMBERS:,} files; this is no class's answers")
        for name, data in _read_zip(archive, problems, ""):
            inner = [(name, data)]
            if name.lower().endswith(".zip"):
                inner = list(_read_nested(name, data, problems))
            for each, content in inner:
                total += len(content)
                if total > MAX_TOTAL_BYTES:
                    raise UsageError(f"{path}: holds more than {MAX_TOTAL_BYTES // 1_000_000} MB")
                yield each, content


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except UNREADABLE_ZIP as error:
        raise UsageError(f"{path}: is damaged ({escape_line(str(error), 80)}); download it again") from error


def _read_nested(name: str, data: bytes, problems: list[str]) -> Iterator[tuple[str, bytes]]:
    """A student's own archive; a bad one doesn't affect the others."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > MAX_NESTED_MEMBERS:
                problems.append(f"{name}: holds more than {MAX_NESTED_MEMBERS} files; hand in the response file itself")
                return
            yield from _read_zip(archive, problems, f"{name}/")
    except UNREADABLE_ZIP as error:
        problems.append(f"{name}: can't be read ({escape_line(str(error), 80)})")


def _read_zip(archive: zipfile.ZipFile, problems: list[str], prefix: str) -> Iterator[tuple[str, bytes]]:
    left = MAX_NESTED_BYTES if prefix else MAX_TOTAL_BYTES
    for item in archive.infolist():
        if item.is_dir():
            continue
        try:
            name = prefix + check_name(_decode_name(item))
            if is_ignored(name):
                continue
            data = _read_member(archive, item, name)
        except FileRefused as refusal:
            problems.append(f"{escape_line(prefix + item.filename, 200)}: {refusal}")
            continue
        left -= len(data)
        if left < 0:
            problems.append(f"{prefix.rstrip('/') or 'the archive'}: holds too much; the rest of it is passed over")
            return
        yield name, data


def _read_member(archive: zipfile.ZipFile, item: zipfile.ZipInfo, name: str) -> bytes:
    """A file's bytes; none for a file that can't be a response. Raises: FileRefused."""
    lower = name.lower()
    most = MAX_NESTED_BYTES if lower.endswith(".zip") else MAX_YAML_BYTES
    if PurePosixPath(name).name == METADATA:
        most = gradescope.MAX_METADATA_BYTES
    elif not lower.endswith((*RESPONSE_SUFFIXES, ".zip")):
        return b""
    if item.external_attr >> 16 & 0o170000 == LINK_MODE:
        raise FileRefused(NOT_A_FILE)
    if item.flag_bits & ENCRYPTED_FLAG:
        raise FileRefused("it is encrypted; hand it in without a password")
    try:
        with archive.open(item) as file:
            data = file.read(most + 1)
    except Exception as error:  # zlib, lzma, and the reader each have errors of their own
        raise FileRefused(f"it is damaged in the archive ({escape_line(str(error), 80)})") from error
    if len(data) > most:
        raise FileRefused(f"it is larger than {most // 1_000_000} MB")
    return data


def _decode_name(item: zipfile.ZipInfo) -> str:
    """The name; many programs write UTF-8 without saying so."""
    if item.flag_bits & UTF_8_FLAG:
        return item.filename
    try:
        return item.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return item.filename
