"""The class as a table: a CSV of an LMS or one's own, with each student's id, name, and what else is known of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from grader.errors import UsageError
from grader.reports.text import line
from grader.student_ids import to_look, to_student_id

MOST_BYTES = 20_000_000
# Which column is the id: the first of these that the table has. Canvas, Gradescope, Moodle, Classroom, one's own.
IDS = ("id", "student id", "student_id", "sid", "identifier", "username", "user name", "github_username", "login",
       "email", "email address", "student")  # fmt: skip
ALIASES = (*IDS, "sis user id", "sis login id", "id number", "github_id", "submission id", "submission_id")
NAMES = ("name", "full name", "student name", "student")
FILES = ("file", "path", "submission")
TIMES = ("submitted_at", "submitted at", "submission time", "submission_time")
PARTICIPANT = "participant "  # so Moodle writes its identifiers
TEST_STUDENT = "student, test"  # whom Canvas adds for its teachers
NOBODYS = ("points possible", "manual posting")  # in Canvas's rows that are no student's


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """One row: `aliases` are all the ids by which a file may name them, as they look (see `student_ids.to_look`)."""

    id: str
    name: str = ""
    aliases: frozenset[str] = frozenset()
    file: str = ""
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The class; `find` knows a student by any id that only they have."""

    students: tuple[Student, ...]
    problems: tuple[str, ...] = ()
    by_alias: Mapping[str, Student | None] = field(default_factory=dict)

    def find(self, *names: str) -> Student | None:
        """The student whom one of these names, the first that does."""
        found = (self.by_alias.get(to_look(name)) for name in names if name)
        return next((student for student in found if student), None)


def read(path: Path) -> Roster:
    """A roster.

    Raises:
        UsageError: it can't be read, or has no column of ids.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"{path}: is larger than {MOST_BYTES // 1_000_000} MB; a roster is a table of one class")
    return parse(text_of(data), str(path))


def text_of(data: bytes) -> str:
    """The text of a table: UTF-8, or what spreadsheets write otherwise."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def rows_of(text: str, name: str) -> list[list[str]]:
    """The cells of a CSV; the separator is told by its first line.

    Raises:
        UsageError: it isn't a CSV.
    """
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True) if any(row)]
    except csv.Error as error:
        raise UsageError(f"{name}: not a table (CSV): {error}") from error


def parse(text: str, name: str) -> Roster:
    """A roster's text; `name` is what messages call it. Raises: UsageError: no table, or no column of ids."""
    rows = rows_of(text, name)
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    column = next((known for known in IDS if known in header), None)
    if column is None:
        known = ", ".join(IDS[:6])
        raise UsageError(f"{name}:1: no column of student ids: name one of them {known}; found: {line(', '.join(header), 200)}")
    students: list[Student] = []
    problems: list[str] = []
    for number, cells in enumerate(rows[1:], 2):
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if "sis login id" in row and row.get("student", "").casefold() == TEST_STUDENT:
            continue
        if row.get(column):
            students.append(_student(row, column, f"{name}: row {number}", problems))
        elif not any(word in cell.casefold() for word in NOBODYS for cell in row.values()):
            problems.append(f"{name}: row {number} has no {column}; it is passed over")
    problems += _find_twins(students, name)
    return Roster(students=tuple(students), problems=tuple(problems), by_alias=_by_alias(students))


def _find_twins(students: Iterable[Student], name: str) -> Iterator[str]:
    """A sentence on ids that look the same and aren't the same row twice, as in a table of two sections."""
    by_look: dict[str, set[tuple[str, str]]] = {}
    for student in students:
        by_look.setdefault(to_look(student.id), set()).add((student.id, student.name))
    for both in (sorted(each) for each in by_look.values() if len(each) > 1):
        names = " and ".join(f'"{line(student)}" ({line(shown)})' for student, shown in both)
        yield f"{name}: {names}: ids that can't be told apart; give each their own"


def _student(row: Mapping[str, str], column: str, where: str, problems: list[str]) -> Student:
    name = next((row[key] for key in NAMES if row.get(key) and key != column), "")
    whole = f"{row.get('first name', '')} {row.get('last name', row.get('surname', ''))}".strip()
    known = [row[key] for key in ALIASES if row.get(key)] + [name, whole]
    return Student(
        id=to_student_id(_bare(row[column])),
        name=to_student_id(name or whole),
        aliases=frozenset(to_look(_bare(alias)) for alias in known if alias),
        file=next((row[key] for key in FILES if row.get(key)), ""),
        submitted_at=_time(row, where, problems),
    )


def _bare(identity: str) -> str:
    return identity[len(PARTICIPANT) :] if identity.casefold().startswith(PARTICIPANT) else identity


def _time(row: Mapping[str, str], where: str, problems: list[str]) -> datetime | None:
    text = next((row[key] for key in TIMES if row.get(key)), "")
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text.removesuffix(" UTC") + "+00:00" * text.endswith(" UTC"))
    except ValueError:
        problems.append(f'{where}: expected a time such as 2026-10-01T23:59+02:00, got "{line(text, 40)}"')
        return None
    if time.tzinfo is None:
        problems.append(f'{where}: the time "{line(text, 40)}" has no offset from UTC, such as +02:00; it is passed over')
        return None
    return time


def _by_alias(students: Iterable[Student]) -> dict[str, Student | None]:
    """None for an alias that two students have."""
    found: dict[str, Student | None] = {}
    for student in students:
        for alias in student.aliases:
            found[alias] = None if found.get(alias, student) != student else student
    return found


def missing(roster: Roster, present: Sequence[str]) -> list[Student]:
    """Who handed in nothing."""
    return [student for student in roster.students if student.id not in set(present)]
