"""Which exercise a cell of a notebook belongs to: its first line says `#| exercise: pooling`.

The exercises of a unit define functions of the same name, so each is graded without the others' cells. Cells without a
mark belong to all. A mark is text, since neither a kernel's history nor every front end keeps a cell's metadata.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MARK = re.compile(r"#\|[ \t]*exercise:[ \t]*(\S+)[ \t]*$")


def mark_cell(exercise_id: str, text: str) -> str:
    r"""A cell's text as one of an exercise.

    >>> mark_cell("pooling", "x = 1")
    '#| exercise: pooling\nx = 1'
    """
    return f"#| exercise: {exercise_id}\n{text}"


def find_mark(text: str) -> str | None:
    r"""The exercise that a cell belongs to; None: to all. Magics may stand above the mark.

    >>> find_mark("%%time\n#| exercise: pooling\nx = 1"), find_mark("x = 1\n#| exercise: pooling")
    ('pooling', None)
    """
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith(("%", "!"))), "")
    found = MARK.match(first)
    return found[1] if found else None


def list_kept(marks: Sequence[str | None], exercise_id: str) -> list[bool]:
    """Whether each cell is graded for an exercise. Where none is marked with it, its id may have changed: then all are.

    >>> list_kept(["a", None, "b"], "b"), list_kept(["a", None], "b")
    ([False, True, True], [True, True])
    """
    return [exercise_id not in marks or mark in (None, exercise_id) for mark in marks]
