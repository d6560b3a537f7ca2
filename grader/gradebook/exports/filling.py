"""Filling in a host's own table: its rows and identities as they came, grades in the columns of the exercises."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from grader.gradebook.exports.table import LmsTable, StudentFinder, describe_unplaced, render_table
from grader.gradebook.grades import GradeSheet, StudentRow
from grader.gradebook.roster import are_strangers


def fill_table(
    sheet: GradeSheet,
    theirs: LmsTable,
    *,
    exercises: Collection[str],
    ids: Sequence[str],
    kept: Sequence[int],
    columns: Mapping[str, Callable[[StudentRow, list[str]], str]],
    after: Sequence[int] = (),
) -> tuple[str, list[str]]:
    """The table with its people in their order, and a sentence on each student who isn't in it.

    Args:
        exercises: whose grades these are.
        ids: names of columns that identify, the best first; else the name does where only one student has it.
        kept: columns that are handed back, by index.
        columns: by header, a function that writes a student's cell; for an empty cell the host's own value stays.
        after: columns that come last.
    """
    find_row = _build_finder(sheet, theirs, ids)
    placed: set[str] = set()
    rows = [[*(theirs.header[index] for index in kept), *columns, *(theirs.header[index] for index in after)]]
    for cells in theirs.rows:
        row = find_row(cells)
        placed |= {row.student} if row else set()
        grades = [(write(row, cells) if row else "") or _find_cell(theirs, cells, header) for header, write in columns.items()]
        rows.append([*(cells[index] for index in kept), *grades, *(cells[index] for index in after)])
    return render_table(rows, theirs.separator), describe_unplaced(sheet, exercises, placed, theirs.name)


def _find_cell(theirs: LmsTable, cells: list[str], header: str) -> str:
    return cells[theirs.header.index(header)] if header in theirs.header else ""


def _build_finder(sheet: GradeSheet, theirs: LmsTable, ids: Sequence[str]) -> Callable[[list[str]], StudentRow | None]:
    finder = StudentFinder(sheet)
    named = _only_ones([(_fold_name(row.name), row) for row in sheet.rows if row.name])
    columns = [column for name in ids if (column := theirs.find_column(name)) is not None]
    names = [theirs.find_column("first name"), theirs.find_column("last name")]
    people = Counter(_person(cells, names) for cells in theirs.rows)

    def find_row(cells: list[str]) -> StudentRow | None:
        person = _person(cells, names)
        by_id = finder.find((cells[column] for column in columns), person)
        if by_id is not None and are_strangers(by_id.name, person):  # an id of another system's
            by_id = None
        # A name counts only if it is unique on both sides; otherwise one student could get another's grade.
        return by_id or (named.get(person) if person and people[person] == 1 else None)

    return find_row


def _person(cells: Sequence[str], names: Sequence[int | None]) -> str:
    return _fold_name(" ".join(cells[column] for column in names if column is not None))


def _fold_name(name: str) -> str:
    """`Lovelace, Ada` and `Ada Lovelace` alike."""
    last, comma, first = name.partition(",")
    whole = f"{first} {last}" if comma else name
    return unicodedata.normalize("NFC", " ".join(whole.casefold().split()))


def _only_ones(pairs: Sequence[tuple[str, StudentRow]]) -> dict[str, StudentRow]:
    counts = Counter(name for name, _ in pairs)
    return {name: row for name, row in pairs if counts[name] == 1}
