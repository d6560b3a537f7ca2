"""Tables as spreadsheets and LMSs write them: the cells of a CSV in any dress, or of an Excel workbook."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from itertools import islice
from typing import Any

from grader.errors import UsageError
from grader.messages.text import escape_line

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")
SEPARATORS = ",;\t"
MAX_ROWS = 200_000
MAX_UNPACKED_BYTES = 300_000_000
MAX_CELL = 1_000_000  # an essay in a table of answers
# Excel obeys a first line such as `sep=;` and doesn't show it.
SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>[,;\t|])"?\s*(?:\r\n|\r|\n)', re.IGNORECASE)
# `="00123"` keeps a spreadsheet from making a number of an id.
QUOTED_ID = re.compile(r'="(?P<text>[^"]*)"')
BRIGHTSPACE_ID = re.compile(r"#\w")  # so it writes ids and user names


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table's rows without empty ones, and what stands between its cells."""

    rows: list[list[str]]
    separator: str = ","


def read_table(data: bytes, name: str) -> Table:
    """A table's cells, as they stand.

    Args:
        name: what messages call it.

    Raises:
        UsageError: it isn't a table that can be read.
    """
    if data.startswith(b"PK"):
        return Table(rows=_read_workbook(data, name))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UsageError(f"{name}: an old Excel workbook (.xls); save it as .xlsx or CSV")
    return parse_table(decode_text(data), name)


def decode_text(data: bytes) -> str:
    """The text of a table: UTF-8, UTF-16, or else Windows' own encoding; accents composed."""
    return unicodedata.normalize("NFC", _decode(data))


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    start = data[:2000]
    zeros = start[::2].count(0), start[1::2].count(0)
    # UTF-16 without a mark has a zero in every second byte of Latin text.
    if max(zeros) * 4 > len(start):
        return data.decode("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Last, since any bytes can be read as cp1252.
        return data.decode("cp1252", "replace")


def parse_table(text: str, name: str) -> Table:
    """The cells of a CSV; the separator comes from Excel's `sep=` line, or is guessed from the first line.

    Raises:
        UsageError: it isn't a CSV.
    """
    given = SEPARATOR_LINE.match(text)
    if given:
        text = text[given.end() :]
    first = next((each for each in text.splitlines() if each.strip()), "")
    # Quoted texts are taken out first: a comma in a name separates nothing.
    separator = given["separator"] if given else max(SEPARATORS, key=re.sub(r'"[^"]*"', "", first).count)
    csv.field_size_limit(MAX_CELL)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        rows = [row for row in islice(reader, MAX_ROWS) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise UsageError(f"{name}: not a table (CSV): {error}") from error
    return Table(rows=rows, separator=separator)


def clean_id(cell: str) -> str:
    """An identity without what tables put around it.

    >>> clean_id('="0012"'), clean_id("#1001"), clean_id("Participant 12")
    ('0012', '1001', '12')
    """
    text = unicodedata.normalize("NFC", cell).strip()
    if quoted := QUOTED_ID.fullmatch(text):
        text = quoted["text"].strip()
    if text.casefold().startswith("participant "):  # Moodle's identifiers
        text = text[len("participant ") :]
    return text[1:] if BRIGHTSPACE_ID.match(text) else text


def _read_workbook(data: bytes, name: str) -> list[list[str]]:
    try:
        _check_size(data, name)
        book = import_module("openpyxl").load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        found = [[_to_text(cell) for cell in row] for row in islice(book.active.iter_rows(values_only=True), MAX_ROWS)]
    except UsageError:
        raise
    except Exception as error:  # of the zip, of the XML, of what is missing in it
        raise UsageError(f"{name}: not an Excel workbook that can be read: {escape_line(str(error), 100)}") from error
    return [row for row in found if any(cell.strip() for cell in row)]


def _check_size(data: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        # A workbook is a zip, and openpyxl unpacks it without a limit.
        if sum(item.file_size for item in packed.infolist()) > MAX_UNPACKED_BYTES:
            raise UsageError(f"{name}: the workbook unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB")


def _to_text(value: Any) -> str:
    """A cell as it would stand in a CSV: a number that is whole without its point."""
    if value is None:
        return ""
    # Excel keeps every number as a float; an id of 1001.0 would match nobody.
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return unicodedata.normalize("NFC", str(value))
