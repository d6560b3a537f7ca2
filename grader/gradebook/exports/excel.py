"""An Excel workbook of a class: a row for each student, numbers as numbers, and no cell that Excel would run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from grader.gradebook.exports.checks import find_checks, points_of
from grader.gradebook.grades import GradeSheet, StudentRow
from grader.messages.text import escape_line


def make(sheet: GradeSheet, exercises: Sequence[str], *, checks: bool) -> bytes:
    """The workbook.

    Args:
        checks: a column for the points of each check.
    """
    # Loaded here, as only this format needs it.
    book: Any = import_module("openpyxl").Workbook()
    page = book.active
    page.title = "Grades"
    columns = {name: find_checks(sheet, name) if checks else [] for name in exercises}
    header = ["Student", "Name"]
    for name, ids in columns.items():
        header += [f"{name} ({sheet.exercises[name]:g})", *(f"{name}: {check}" for check in ids)]
    _add(page, 1, [*header, "Total", "Of"])
    for number, row in enumerate(sheet.rows, 2):
        _add(page, number, _cells(row, columns))
    page.freeze_panes = "C2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cells(row: StudentRow, columns: dict[str, list[str]]) -> list[str | float | None]:
    cells: list[str | float | None] = [row.student, row.name]
    for name, ids in columns.items():
        cell = row.cells.get(name)
        # An empty cell, since 0 would enter averages.
        cells.append(cell.grade.score if cell and cell.grade.graded else None)
        cells += [points_of(cell, check) if cell else None for check in ids]
    return [*cells, row.total.score, row.total.max_score]


def _add(page: Any, number: int, cells: Sequence[str | float | None]) -> None:
    for column, value in enumerate(cells, 1):
        cell = page.cell(number, column)
        if isinstance(value, str):
            cell.value = escape_line(value, 1000)
            cell.data_type = "s"  # else a text that begins with "=" is a formula
        else:
            cell.value = value
