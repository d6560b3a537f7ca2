"""Reads a table from a CSV file, as the front checks it and the trainer uses it; knows no NumPy."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence

from grader.protocol.datasets import DatasetDescription

MAX_NUMBER = 1e15


class TableFault(ValueError):
    """What keeps a file from being the table that its description says, in words."""


def read_table(data: bytes, about: DatasetDescription, rows: int | None = None) -> list[list[float]]:
    """The features of each row and its label, as the last number; columns of other names are left out.

    Args:
        data: the file, whose first line has the columns' names, separated by commas, semicolons or tabs.
        rows: how many there must be; None: any number of them.

    Raises:
        TableFault: a column is missing, or a cell holds no number.
    """
    lines = csv.reader(io.StringIO(_decode_text(data), newline=""), delimiter=_find_delimiter(data))
    try:
        header = [name.strip() for name in next(lines, [])]
        places = _find_places(header, (*about.features, about.label))
        found = list(_iter_rows(lines, header, places, about))
    except csv.Error as error:
        raise TableFault(f"it can't be read: {error}") from error
    labels = {row[-1] for row in found} if about.classes else set()
    if {-1.0, 0.0} <= labels:
        raise TableFault("it has the labels -1 and 0; two classes are 0 and 1, or -1 and 1")
    if not found or (rows is not None and len(found) != rows):
        raise TableFault(f"it has {len(found):,} rows below its names; the description says {rows or 'some'}")
    return found


def _decode_text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableFault(f"it isn't UTF-8 text (byte {error.start})") from error


def _find_delimiter(data: bytes) -> str:
    header = data.partition(b"\n")[0]
    return next((sign for sign in ",;\t" if sign.encode() in header), ",")


def _find_places(header: Sequence[str], names: Sequence[str]) -> list[int]:
    for name in names:
        if header.count(name) != 1:
            raise TableFault(
                f'it has {header.count(name) or "no"} columns "{name}"; its first line says {", ".join(header)[:200]}'
            )
    return [header.index(name) for name in names]


def _iter_rows(
    lines: Iterator[list[str]], header: Sequence[str], places: Sequence[int], about: DatasetDescription
) -> Iterator[list[float]]:
    for number, cells in enumerate(lines, 2):
        # As pandas does, empty lines are left out.
        if not cells:
            continue
        if len(cells) != len(header):
            raise TableFault(f"line {number} has {len(cells)} cells, and the first line {len(header)} names")
        row = [_read_number(cells[place], header[place], number) for place in places]
        least = -1 if about.takes_signed_labels else 0
        if about.classes and not (row[-1].is_integer() and least <= row[-1] < len(about.classes)):
            raise TableFault(f"line {number} has the label {row[-1]:g}; classes are 0 to {len(about.classes) - 1}")
        yield row


def _read_number(cell: str, name: str, line: int) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise TableFault(f'line {line} has {cell.strip()[:40]!r} as "{name}"; each cell must hold a finite number')
    return value
