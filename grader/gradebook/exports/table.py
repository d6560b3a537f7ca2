"""Tables that spreadsheets and LMSs read: cells that a spreadsheet would run are made text, numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from grader.courses.spreadsheets import clean_id, read_table
from grader.errors import UsageError
from grader.gradebook.grades import GradeCell, GradeSheet, StudentRow
from grader.gradebook.roster import are_strangers
from grader.messages.text import escape_line
from grader.records.student_ids import to_look
from grader.reports.reading import format_number

# What makes a spreadsheet take a cell for a formula, also after blanks.
FORMULA_START = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
NUMBER_CELL = re.compile(r"[+-]?\d+([.,]\d+)?%?")


class LmsTable(Struct, frozen=True, kw_only=True):
    """A table as an LMS exported it.

    Args:
        name: what messages call it.
        header: its first row.
        rows: the others, each as long as the header.
        separator: between cells.
    """

    name: str
    header: list[str]
    rows: list[list[str]]
    separator: str

    def find_column(self, *names: str) -> int | None:
        """The first column of one of these names, whatever their letter case."""
        folded = [cell.strip().casefold() for cell in self.header]
        return next((folded.index(name) for name in names if name in folded), None)


def read(data: bytes, name: str) -> LmsTable:
    """A table's bytes. Raises: UsageError: it isn't one."""
    table = read_table(data, name)
    rows = table.rows
    if not rows:
        raise UsageError(f"{name}: the table is empty; export it from the LMS again")
    width = len(rows[0])
    # Spreadsheets leave out empty cells at the ends of rows.
    padded = [(row + [""] * width)[:width] for row in rows[1:]]
    return LmsTable(name=name, header=rows[0], rows=padded, separator=table.separator)


def render_table(rows: Iterable[Sequence[str]], separator: str = ",") -> str:
    """The table as CSV, every cell harmless."""
    page = io.StringIO()
    writer = csv.writer(page, delimiter=separator, lineterminator="\n")
    writer.writerows([escape_cell(cell) for cell in row] for row in rows)
    return page.getvalue()


def escape_cell(cell: str) -> str:
    """The cell, with an apostrophe where a spreadsheet would run it.

    >>> escape_cell("=HYPERLINK(1)"), escape_cell("-5.5"), escape_cell("Ada"), escape_cell("-")
    ("'=HYPERLINK(1)", '-5.5', 'Ada', '-')
    """
    bare = cell.strip(" ")
    # Moodle writes `-` for no grade; a sign by itself is no formula.
    harmless = bare in ("-", "+") or NUMBER_CELL.fullmatch(bare)
    return f"'{cell}" if FORMULA_START.match(cell) and not harmless else cell


def format_scaled_points(cell: GradeCell, most: float | None) -> str:
    """The points, of `most` where the LMS has another number of them; empty where nothing could be graded."""
    grade = cell.grade
    if not grade.graded:
        return ""
    if most is None or most == grade.max_score or not grade.max_score:
        return format_number(grade.score)
    return format_number(grade.score * most / grade.max_score)


def parse_points(cell: str) -> float | None:
    """A number of points, written as the teacher's language does; None for anything else, such as "(read only)"."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def format_comment(cell: GradeCell) -> str:
    """What to tell the student, in a line."""
    comment = cell.by_hand.comment
    return "; ".join(part for part in (comment.text if comment else "", cell.grade.note, cell.figures.finding) if part)


class StudentFinder:
    """Whose row of a platform's table it is: by the id that the gradebook has, else by another one of the roster's."""

    def __init__(self, sheet: GradeSheet) -> None:
        self._by_id = {to_look(row.student): row for row in sheet.rows}
        shared = Counter(alias for row in sheet.rows for alias in row.aliases)
        self._by_alias = {alias: row for row in sheet.rows for alias in row.aliases if shared[alias] == 1}

    def find(self, ids: Iterable[str], person: str = "") -> StudentRow | None:
        """The student whom one of these cells identifies, the first of them first.

        Args:
            person: the name in the row; an id of one system may be another person's in the next.
        """
        looks = [look for cell in ids if (look := to_look(clean_id(cell)))]
        if exact := next((self._by_id[look] for look in looks if look in self._by_id), None):
            return exact
        found = next((self._by_alias[look] for look in looks if look in self._by_alias), None)
        return None if found is None or are_strangers(found.name, person) else found


def describe_unplaced(sheet: GradeSheet, exercises: Iterable[str], placed: Collection[str], name: str) -> list[str]:
    """A sentence on each student who has a grade for one of these exercises and isn't in the platform's table."""
    wanted = set(exercises)
    return [f"{escape_line(row.student)}: not in {name}" for row in sheet.rows if wanted & row.cells.keys() and row.student not in placed]
