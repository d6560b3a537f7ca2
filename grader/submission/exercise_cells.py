"""A file without the cells that a notebook marks as those of other exercises."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from grader.records.cell_marks import MARK, find_mark, list_kept
from grader.submission.record import Submission

# Where a cell begins in a notebook that was saved as a Python file.
CELL_START = re.compile(r"#(?:\|[ \t]*exercise:|[ \t]*%%|[ \t]*In\[)")


def keep_exercise(source: Submission, exercise_id: str) -> Submission:
    """A file without the cells of other exercises; every other line keeps its number."""
    lines = source.source.split("\n")
    starts = _find_starts(source, lines)
    ends = [*starts[1:], len(lines)]
    marks = [find_mark("\n".join(lines[start:end])) for start, end in zip(starts, ends, strict=True)]
    for start, end, kept in zip(starts, ends, list_kept(marks, exercise_id), strict=True):
        if not kept:
            lines[start:end] = [""] * (end - start)
    return replace(source, source="\n".join(lines))


def list_exercises(source: Submission) -> set[str]:
    """The exercises that cells are marked with."""
    lines = source.source.split("\n")
    return {found[1] for line in lines if (found := MARK.match(line))} if "#|" in source.source else set()


def _find_starts(source: Submission, lines: Sequence[str]) -> list[int]:
    """The index of each cell's first line."""
    if source.cells:
        return [first - 1 for first, _ in source.cells]
    return sorted({0, *(index for index, line in enumerate(lines) if CELL_START.match(line))})
