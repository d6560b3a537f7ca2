"""The class as a table: an LMS's or one's own, with each student's id, name, and what else is known of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from grader.courses.host_times import parse_host_time
from grader.courses.spreadsheets import clean_id, parse_table, read_table
from grader.errors import UsageError
from grader.messages.text import escape_line
from grader.records.student_ids import to_look, to_student_id

MAX_ROSTER_BYTES = 20_000_000
HEADER_ROWS = 10  # a title may stand above the header
# Which column is the id: the first of these that the table has. Canvas, Gradescope, Moodle, Brightspace, GitHub, one's own.
ID_COLUMNS = ("id", "student id", "sid", "identifier", "orgdefinedid", "username", "user name", "github username", "login",
       "email", "email address", "student")  # fmt: skip
ALIAS_COLUMNS = (*ID_COLUMNS, "sis user id", "sis login id", "id number", "github id", "submission id")
NAME_COLUMNS = ("name", "full name", "student name", "student")
FIRST_NAMES = ("first name", "given name", "forename")
LAST_NAMES = ("last name", "surname", "family name")
FILE_COLUMNS = ("file", "path", "submission")
TIME_COLUMNS = ("submitted at", "submission time", "last modified (submission)")
TEST_STUDENT = "student, test"  # whom Canvas adds for its teachers
NON_STUDENT_ROWS = ("points possible", "manual posting")  # in Canvas's rows that are no student's


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterStudent:
    """One row: `aliases` are all the ids by which a file may name them, as they look (see `student_ids.to_look`)."""

    id: str
    name: str = ""
    aliases: frozenset[str] = frozenset()
    file: str = ""
    exercise: str = ""
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The class; `find` knows a student by any id that only they have."""

    students: tuple[RosterStudent, ...]
    problems: tuple[str, ...] = ()
    by_alias: Mapping[str, RosterStudent | None] = field(default_factory=dict)

    def find_student(self, *names: str) -> RosterStudent | None:
        """Returns the first student that one of these names identifies."""
        found = (self.by_alias.get(_fold(name)) for name in names if name)
        return next((student for student in found if student), None)


def read_roster(path: Path) -> Roster:
    """A roster.

    Raises:
        UsageError: it can't be read, or has no column of ids.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ROSTER_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from error
    if len(data) > MAX_ROSTER_BYTES:
        raise UsageError(f"{path}: is larger than {MAX_ROSTER_BYTES // 1_000_000} MB; a roster is a table of one class")
    return _build(read_table(data, str(path)).rows, str(path))


def parse_roster(text: str, name: str) -> Roster:
    """A roster's text; `name` is what messages call it. Raises: UsageError: no table, or no column of ids."""
    return _build(parse_table(text, name).rows, name)


def are_strangers(one: str, other: str) -> bool:
    """Whether two names can't be the same person's: written alike, and no word of one is in the other.

    >>> are_strangers("lovelaceada", "Lovelace, Ada"), are_strangers("Bo Boole", "Ada Lovelace")
    (False, True)
    """
    squashed = [_squash(name) for name in (one, other)]
    # Names in other alphabets may be transliterated on one side: they say nothing either way.
    if not all(text.isascii() and len(text) > 1 for text in squashed):
        return False
    words = [[_squash(word) for word in re.split(r"[\W_]+", name)] for name in (one, other)]
    return not any(
        len(word) > 1 and word in text for own, text in zip(words, reversed(squashed), strict=True) for word in own
    )


def _squash(name: str) -> str:
    """Letters only, in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("Ł", "L").replace("ł", "l").replace("ø", "o"))
    return "".join(letter for letter in plain.casefold() if letter.isalpha())


def _build(rows: Sequence[Sequence[str]], name: str) -> Roster:
    headers = [[_fold(cell).replace("_", " ") for cell in row] for row in rows[:HEADER_ROWS]]
    start = next((index for index, header in enumerate(headers) if set(ID_COLUMNS) & set(header)), None)
    if start is None:
        known, shown = ", ".join(ID_COLUMNS[:6]), escape_line(", ".join(headers[0] if headers else []), 200)
        raise UsageError(f"{name}:1: no column of student ids: name one of them {known}; found: {shown}")
    header = headers[start]
    column = next(known for known in ID_COLUMNS if known in header)
    students: list[RosterStudent] = []
    problems: list[str] = []
    for number, cells in enumerate(rows[start + 1 :], start + 2):
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        # Only in Canvas's own table: elsewhere it could be a person's name.
        if "sis login id" in row and row.get("student", "").casefold() == TEST_STUDENT:
            continue
        if to_student_id(clean_id(row.get(column, ""))):
            students.append(_read_student(row, column, f"{name}: row {number}", problems))
        elif not any(word in cell.casefold() for word in NON_STUDENT_ROWS for cell in row.values()):
            problems.append(f"{name}: row {number} has no {column}; it is passed over")
    problems += _find_twins(students, name)
    return build_roster(students, problems)


def build_roster(students: Sequence[RosterStudent], problems: Sequence[str] = ()) -> Roster:
    """The roster of these students."""
    return Roster(students=tuple(students), problems=tuple(problems), by_alias=_map_aliases(students))


def _find_twins(students: Iterable[RosterStudent], name: str) -> Iterator[str]:
    """A sentence on ids that look the same and aren't the same row twice, as in a table of two sections."""
    by_look: dict[str, set[tuple[str, str]]] = {}
    for student in students:
        by_look.setdefault(to_look(student.id), set()).add((student.id, student.name))
    for both in (sorted(each) for each in by_look.values() if len(each) > 1):
        names = " and ".join(f'"{escape_line(student)}" ({escape_line(shown)})' for student, shown in both)
        yield f"{name}: {names}: ids that can't be told apart; give each their own"


def _read_student(row: Mapping[str, str], column: str, where: str, problems: list[str]) -> RosterStudent:
    first, last = (next((row[key] for key in keys if row.get(key)), "") for keys in (FIRST_NAMES, LAST_NAMES))
    # "Student" may be the column of ids or of names; it isn't both.
    name = next((row[key] for key in NAME_COLUMNS if row.get(key) and key != column), "") or f"{first} {last}".strip()
    before, comma, after = name.partition(",")
    known = [row[key] for key in ALIAS_COLUMNS if row.get(key)]
    # Hosts put a name together in each of these ways, and Moodle's files carry only the name.
    known += [name, *([f"{first} {last}", f"{last} {first}", f"{last}, {first}"] if first and last else [])]
    known += [f"{after} {before}"] if comma and after.strip() else []
    return RosterStudent(
        id=to_student_id(clean_id(row[column])),
        name=to_student_id(name),
        aliases=frozenset(folded for alias in known if (folded := _fold(alias))),
        file=next((row[key] for key in FILE_COLUMNS if row.get(key)), ""),
        exercise=row.get("exercise", ""),
        submitted_at=_read_time(row, where, problems),
    )


def _fold(name: str) -> str:
    """As an id looks, without what tables put around it."""
    return to_look(clean_id(name))


def _read_time(row: Mapping[str, str], where: str, problems: list[str]) -> datetime | None:
    """The first cell that holds one; Moodle writes `-` for no submission."""
    text = next((row[key] for key in TIME_COLUMNS if row.get(key)), "")
    if text in ("", "-"):
        return None
    found = parse_host_time(text)
    if found is None:
        problems.append(f'{where}: expected a time such as 2026-10-01T23:59+02:00, got "{escape_line(text, 40)}"')
    return found


def _map_aliases(students: Iterable[RosterStudent]) -> dict[str, RosterStudent | None]:
    """None for an alias that two students have."""
    found: dict[str, RosterStudent | None] = {}
    for student in students:
        for alias in student.aliases:
            # Equal rows, as of a student in two sections, are the same person.
            found[alias] = None if found.get(alias, student) != student else student
    return found


def list_missing_students(roster: Roster, present: Sequence[str]) -> list[RosterStudent]:
    """Who handed in nothing."""
    return [student for student in roster.students if student.id not in set(present)]
