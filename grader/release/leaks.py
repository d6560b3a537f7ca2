"""Looks in what leaves a course for what must stay: people, keys, solutions, held-out data, passwords."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.courses import settings, stub
from grader.courses.course import FILE, Course
from grader.errors import CourseError, Problem, UsageError
from grader.gradebook import roster
from grader.quiz import key, loading

MIN_COPY, MIN_MEMBER = 40, 1000  # bytes; shorter files, and shorter members of archives, are alike by accident
MAX_MEMBER = 20_000_000
MIN_TEXT = 25  # letters of a key's explanation
MIN_LINE, MIN_LINES, MIN_SHARE = 12, 3, 0.6  # of a solution's own lines that another file holds
MAX_STUDENTS = 20_000
WORD = re.compile(r"[\w.@+-]+")
# An id that no ordinary word or number looks like: an address, a long number, letters and digits mixed.
CERTAIN = re.compile(r".+@.+|\d{6,}|(?=.*\d)(?=.*[^\W\d])[\w.-]{5,}")
CREDENTIALS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access token": re.compile(r"\b(?:gh[pousr]_\w{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|AKIA[A-Z0-9]{16}|xox[abps]-[\w-]{10,})"),
    "an address with a password": re.compile(r"\b[a-z][a-z0-9+.-]*://(?:[^\s/@:]*:[^\s/@:]+|[^\s/@:]{20,})@"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What a course holds and students mustn't have; each with the file that it was found in.

    Args:
        people: ids, names and addresses of students, in lower case.
        texts: explanations and feedback of quizzes' keys, squeezed.
        copies: digests of the files below `solutions/` and of what archives there hold.
        code: by solution, its lines that the stub doesn't have, squeezed.
    """

    people: Mapping[str, str]
    texts: Mapping[str, str]
    copies: Mapping[str, str]
    code: Mapping[str, frozenset[str]]


def collect_secrets(course: Course) -> Secrets:
    """All that must stay in this course. Raises: CourseError: its settings are broken."""
    copies: dict[str, str] = {}
    for path in sorted(path for path in course.solutions.rglob("*") if path.is_file()):
        name = path.relative_to(course.root).as_posix()
        copies |= dict.fromkeys(_digest_parts(path.read_bytes()), name)
    return Secrets(
        people=dict(_find_people(course)), texts=dict(_find_texts(course)), copies=copies, code=dict(_find_code(course))
    )


def find_leaks(secrets: Secrets, files: Mapping[str, bytes]) -> list[Problem]:
    """One problem for each kind of secret in each of the files."""
    return [
        Problem(file=name, line=line, column=1, message=message)
        for name, data in files.items()
        for line, message in _leaks_of(secrets, data)
    ]


def _leaks_of(secrets: Secrets, data: bytes) -> Iterator[tuple[int, str]]:
    if copied := [secrets.copies[digest] for digest in _digest_parts(data) if digest in secrets.copies]:
        yield 1, f"is a copy of {copied[0]}; remove it"
        return
    for text in _texts_of(data):
        yield from _find_named(secrets, text)
        yield from _find_told(secrets, text)
        for what, pattern in CREDENTIALS.items():
            if match := pattern.search(text):
                yield _line_of(text, match.start()), f"holds {what}; remove it, and make it invalid if it was used"


def _find_named(secrets: Secrets, text: str) -> Iterator[tuple[int, str]]:
    """Students' ids and names. Ids that could be any word or number count where half of a file's ids are there."""
    words = {word.strip(".-") for word in WORD.findall(text.casefold())}
    spaced = f" {_space(text)} "
    sources: dict[str, list[str]] = {}
    for person, source in secrets.people.items():
        if CERTAIN.fullmatch(person) or " " in person:
            if person in words or (" " in person and f" {person} " in spaced):
                where = text.casefold().find(person)
                yield _line_of(text, max(where, 0)), f'names the student "{person}" of {source}; remove it'
                return
        else:
            sources.setdefault(source, []).append(person)
    for source, people in sources.items():
        found = [person for person in people if person in words]
        # Short ids such as 101 are words of many texts; half of a class's ids together are a list.
        if 2 * len(found) >= len(people):
            line = _line_of(text, max(text.casefold().find(found[0]), 0))
            yield line, f'names students of {source} ("{found[0]}"); remove them'


def _find_told(secrets: Secrets, text: str) -> Iterator[tuple[int, str]]:
    """A key's texts, and most of a solution's lines."""
    spaced, squeezed = _space(text), _squeeze(text)
    for said, source in secrets.texts.items():
        if said in spaced:
            yield 1, f'holds a text of the key {source}: "{said[:50]}"; remove it'
    for source, lines in secrets.code.items():
        held = sum(line in squeezed for line in lines)
        if held >= MIN_LINES and held >= MIN_SHARE * len(lines):
            yield 1, f"holds {held} of the {len(lines)} lines that {source} keeps from the stub; remove them"


def _line_of(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


# ---- what must stay ----


def _find_people(course: Course) -> Iterator[tuple[str, str]]:
    policy = settings.load_settings(course).grading
    for student in (*policy.extensions, *policy.excused):
        yield student.strip().casefold(), FILE
    for path in sorted(course.root.rglob("*.csv")):
        name = path.relative_to(course.root).as_posix()
        if not any(part.startswith(".") for part in name.split("/")) and not name.startswith("datasets/"):
            yield from ((person, name) for person in _find_rostered(path))


def _find_rostered(path: Path) -> Iterator[str]:
    """Yields the people in a table with a column of ids and one of names or addresses."""
    try:
        students = roster.read_roster(path).students[:MAX_STUDENTS]
    except UsageError:
        return
    for student in students:
        if student.name or any("@" in alias for alias in student.aliases):
            yield from (person for person in {student.id.casefold(), *student.aliases} if _is_telling(person))


def _is_telling(person: str) -> bool:
    """Not a first name alone, nor a number that any text may hold."""
    return len(person) >= 4 and (" " not in person or len(person) >= 8)


def _find_texts(course: Course) -> Iterator[tuple[str, str]]:
    for quiz_id in course.list_quiz_ids():
        path = key.find_key_file(course, quiz_id)
        try:
            solutions = key.load_key(course, loading.load_quiz(course, quiz_id)) or {}
        except CourseError:
            continue  # `quiz-check` tells what is wrong with a quiz and its key
        for solved in solutions.values():
            for text in (solved.answer.explain, *solved.answer.feedback.values()):
                if len(text) >= MIN_TEXT:
                    yield _space(text), path.relative_to(course.root).as_posix()


def _find_code(course: Course) -> Iterator[tuple[str, frozenset[str]]]:
    """The solutions' lines that no stub gives; stubs as they are generated, whatever lies in the exercises' folders."""
    solutions: dict[str, set[str]] = {}
    given: set[str] = set()
    for path in sorted(course.solutions.glob("*/solution.py")):
        name = path.relative_to(course.root).as_posix()
        try:
            # Lines of any stub: a student may have them from another exercise.
            given |= _lines_of(stub.generate_stub_from(path, name))
        except CourseError:
            continue  # `selfcheck` tells it
        solutions[name] = _lines_of(path.read_text("utf-8"))
    return ((name, frozenset(lines - given)) for name, lines in solutions.items())


def _lines_of(code: str) -> set[str]:
    lines = (_squeeze(line.partition("#")[0]) for line in code.splitlines())
    return {line for line in lines if len(line) >= MIN_LINE}


def _squeeze(text: str) -> str:
    # A copy stays a copy after a formatter has gone over it.
    return "".join(text.split()).replace("'", '"')


def _space(text: str) -> str:
    return " ".join(text.split()).casefold()


# ---- what a file holds ----


def _digest_parts(data: bytes) -> list[str]:
    """Digests of a file without white space at its ends, and of what it holds where it is an archive."""
    whole = data.strip()
    parts = [whole] if len(whole) >= MIN_COPY else []
    parts += [member for member in map(bytes.strip, _members_of(data)) if len(member) >= MIN_MEMBER]
    return [hashlib.sha256(part).hexdigest() for part in parts]


def _members_of(data: bytes) -> Iterator[bytes]:
    """The members of a zip (also of .npz, .xlsx, .docx), without those too large to be read here."""
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and entry.file_size <= MAX_MEMBER:
                    yield archive.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return


def _texts_of(data: bytes) -> Iterator[str]:
    """The texts in a file: its own, the cells of a notebook, the members of an archive."""
    for part in (data, *_members_of(data)):
        if b"\0" not in part[:1000]:
            text = part.decode("utf-8", "replace")
            yield text
            yield from _cells_of(text)


def _cells_of(text: str) -> Iterable[str]:
    """A notebook's sources, in which quotes and line ends aren't escaped."""
    if '"cells"' not in text:
        return ()
    try:
        cells = json.loads(text)["cells"]
        return ["\n".join("".join(cell["source"]) for cell in cells)]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ()
