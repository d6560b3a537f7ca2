"""The cells that were run in this session, as the notebook that they would be."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

from grader.records.cell_marks import find_mark, list_kept
from grader.submission import replace_magics
from grader.submission.notebook import SESSION_KEY

PASSIVE = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCell:
    """A cell as it was run.

    `number` is the one in its `In [5]`; `cell_id` is the notebook's own name of the cell, where it tells one.
    """

    number: int
    text: str
    cell_id: str | None


class CellRecorder:
    """Notes of each cell what the shell's history leaves out: which cell of the notebook it is, and whether it began.

    Args:
        shell: whose cells; its history has those that were run before.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._ids: dict[int, str] = {}
        self._never_begun: set[int] = set()

    def note_cell(self, result: ExecutionResult) -> None:
        """What the shell calls after each cell."""
        number = result.execution_count
        # Run by a program, not by the learner, such as the rest of a cell below `%%time`: the number isn't its own.
        if number is None or result.info is None or not result.info.store_history:
            return
        if result.info.cell_id:
            self._ids[number] = result.info.cell_id
        if result.error_before_exec is not None:
            self._never_begun.add(number)

    def list_cells(self) -> list[RunCell]:
        """Every cell whose code ran, in the order in which they were run; the running one is the last."""
        history = self._shell.history_manager
        texts = cast("list[str]", history.input_hist_raw if history is not None else [])
        running = len(texts) - 1  # below `%%grade` there may be a syntax error: Python hasn't read it yet
        return [
            RunCell(number=number, text=text, cell_id=self._ids.get(number))
            for number, text in enumerate(texts)
            if number and text.strip() and number not in self._never_begun and (number == running or is_readable(text))
        ]


def find_recorder(shell: InteractiveShell) -> CellRecorder:
    """The shell's recorder; there is one from the first time that it is asked for."""
    for callback in shell.events.callbacks["post_run_cell"]:
        recorder = getattr(callback, "__self__", None)
        if isinstance(recorder, CellRecorder):
            return recorder
    recorder = CellRecorder(shell)
    shell.events.register("post_run_cell", recorder.note_cell)
    return recorder


def is_readable(text: str) -> bool:
    """Whether Python can read a cell without its magics: one with a syntax error never ran.

    >>> is_readable("%time x = 1"), is_readable("def f(:")
    (True, False)
    """
    return _parse_cell(text) is not None


def _parse_cell(text: str) -> ast.Module | None:
    try:
        return ast.parse(replace_magics(text, cell=True))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def select_cells(cells: list[RunCell], exercise_id: str) -> list[RunCell]:
    """Without those that the notebook marks as another exercise's.

    >>> cells = [RunCell(number=n, text=f"#| exercise: {x}", cell_id=None) for n, x in ((1, "a"), (2, "b"))]
    >>> [cell.number for cell in select_cells(cells, "b")]
    [2]
    """
    kept = list_kept([find_mark(cell.text) for cell in cells], exercise_id)
    return [cell for cell, one in zip(cells, kept, strict=True) if one]


def merge_reruns(cells: list[RunCell]) -> list[RunCell]:
    """Each cell once, with its last text, at the place where it was run first, as in the notebook.

    A cell that was run again is known by the notebook's name of it, by its text, or by defining all that it defined
    before.

    >>> merge_reruns([RunCell(number=n, text=t, cell_id=None) for n, t in ((1, "def f(): 1"), (2, "f()"), (3, "def f(): 2"))])
    [RunCell(number=3, text='def f(): 2', cell_id=None), RunCell(number=2, text='f()', cell_id=None)]
    """
    merged: list[RunCell] = []
    for cell in cells:
        place = next((i for i, earlier in enumerate(merged) if _replaces(cell, earlier)), None)
        if place is None:
            merged.append(cell)
        else:
            merged[place] = cell
    return merged


def _replaces(later: RunCell, earlier: RunCell) -> bool:
    """Whether the later cell is the earlier one, run again."""
    if later.cell_id is not None and earlier.cell_id is not None:
        return later.cell_id == earlier.cell_id
    if later.text == earlier.text:
        return True
    defined = set(_list_definitions(earlier.text))
    return bool(defined) and defined <= set(_list_definitions(later.text))


def _list_definitions(text: str) -> Iterator[str]:
    """The functions and classes of a cell that does nothing but define, import and assign."""
    tree = _parse_cell(text)
    if tree is not None and all(isinstance(node, PASSIVE) or _is_text(node) for node in tree.body):
        yield from (node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def build_notebook(cells: list[RunCell]) -> str:
    """The text of a notebook (nbformat 4) with these cells, which says that their numbers are those of the session."""
    made = [
        {
            "cell_type": "code",
            "execution_count": cell.number,
            "id": f"run-{cell.number}",
            "metadata": {},
            "outputs": [],
            "source": cell.text,
        }
        for cell in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {SESSION_KEY: True}, "cells": made})
