"""Exercises as notebooks: the README as text, the stub as code, and a last cell that grades; one exercise, or all of a unit."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.records.cell_marks import mark_cell
from grader.records.syntax_tree import parse_python

HEADING = re.compile(r"^(?=## )", re.MULTILINE)
LOAD_CELL = "%load_ext grader"
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseText:
    """What students read and fill in.

    Args:
        readme: the exercise's README.md; each of its sections becomes a text cell.
        stub: its stub.py; its first lines, and each function and class, become code cells.
    """

    id: str
    readme: str
    stub: str


def build_exercise_notebook(exercise_id: str, readme: str, stub: str) -> str:
    """The text of a notebook (nbformat 4.5). Args: as of `ExerciseText`."""
    exercise = ExerciseText(id=exercise_id, readme=readme, stub=stub)
    code = [LOAD_CELL, *_list_code(exercise)]
    return _write_notebook([*_make_cells("markdown", HEADING.split(exercise.readme)), *_make_cells("code", code)])


def build_unit_notebook(title: str, exercises: Sequence[ExerciseText]) -> str:
    """The text of a notebook with one exercise after the other, whose code cells say which exercise they belong to."""
    cells = [*_make_cells("markdown", [f"# {title}"]), *_make_cells("code", [LOAD_CELL])]
    for each in exercises:
        cells += _make_cells("markdown", HEADING.split(each.readme))
        cells += _make_cells("code", [mark_cell(each.id, part.strip("\n")) for part in _list_code(each)])
    return _write_notebook(cells)


def _list_code(exercise: ExerciseText) -> list[str]:
    return [*split_code(exercise.stub), f"%grade {exercise.id}"]


def _write_notebook(cells: Iterable[dict[str, object]]) -> str:
    named = [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells, 1)]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": KERNEL, "cells": named}, indent=1, ensure_ascii=False) + "\n"


def _make_cells(kind: str, texts: Iterable[str]) -> list[dict[str, object]]:
    return [_make_cell(kind, text) for text in texts if text.strip()]


def _make_cell(kind: str, text: str) -> dict[str, object]:
    cell: dict[str, object] = {"cell_type": kind, "metadata": {}, "source": text.strip("\n").splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def split_code(text: str) -> list[str]:
    r"""Cuts a module before each function and class, with the comments right above it.

    >>> split_code("import os\n\n\n# GRADED\ndef f():\n    pass\n\n\nclass G:\n    pass\n")
    ['import os\n\n\n', '# GRADED\ndef f():\n    pass\n\n\n', 'class G:\n    pass\n']
    """
    lines = text.splitlines(keepends=True)
    starts = {0}
    for node in parse_python(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            start = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
            while start and lines[start - 1].startswith("#"):
                start -= 1
            starts.add(start)
    ends = [*sorted(starts)[1:], len(lines)]
    parts = ["".join(lines[start:end]) for start, end in zip(sorted(starts), ends, strict=True)]
    return [part for part in parts if part.strip()]
