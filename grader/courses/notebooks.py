"""An exercise as a notebook: its README as text, its stub as code, and a last cell that grades."""

from __future__ import annotations

import ast
import json
import re

from grader.records.syntax_tree import parse_python

HEADING = re.compile(r"^(?=## )", re.MULTILINE)
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}


def build_exercise_notebook(exercise_id: str, readme: str, stub: str) -> str:
    """The text of a notebook (nbformat 4.5).

    Args:
        readme: the exercise's README.md; each of its sections becomes a text cell.
        stub: its stub.py; its first lines, and each function and class, become code cells.
    """
    cells = [_make_cell("markdown", part) for part in HEADING.split(readme)]
    cells += [_make_cell("code", part) for part in ["%load_ext grader", *split_code(stub), f"%grade {exercise_id}"]]
    named = [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells, 1)]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": KERNEL, "cells": named}, indent=1, ensure_ascii=False) + "\n"


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
