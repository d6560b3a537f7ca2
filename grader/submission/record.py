"""What reading a student's file gives: its text, its cells, and what is wrong with it. Plain records."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

from msgspec import Struct, field


class Finding(Struct, frozen=True, kw_only=True):
    """Why a file can't be graded further: what, where (1-based line of the source), how to mend it."""

    code: str
    message: str
    line: int | None = None
    hint: str | None = None


class Text(Struct, frozen=True, kw_only=True):
    """A file's Python text.

    Args:
        source: for a notebook, its code cells joined.
        cells: for a notebook, the first line (1-based, in `source`) and the number of each code cell.
        remarks: what was unusual about the file and did no harm.
    """

    source: str
    kind: Literal["py", "ipynb"] = "py"
    cells: list[tuple[int, int]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Submission(Struct, frozen=True, kw_only=True):
    """One student file; `source`, `kind`, `cells` and `remarks` as in `Text`.

    Args:
        sha256: of the file's bytes.
        fault: set when there is nothing to grade.
    """

    path: str
    name: str
    sha256: str
    source: str = ""
    kind: Literal["py", "ipynb"] = "py"
    cells: list[tuple[int, int]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    fault: Finding | None = None

    def place(self, line: int) -> str:
        """`line 57`, or `code cell 3, line 4` in a notebook (cells of text are not counted).

        >>> Submission(path="a", name="a", sha256="", cells=[(1, 1), (4, 2)]).place(5)
        'code cell 2, line 2'
        """
        if not self.cells:
            return f"line {line}"
        first, number = self.cells[max(0, bisect_right(self.cells, line, key=lambda cell: cell[0]) - 1)]
        return f"code cell {number}, line {line - first + 1}"


class Refusal(Exception):
    """The file holds nothing that can be graded; carries the finding."""

    def __init__(self, code: str, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        self.finding = Finding(code=code, message=message, line=line, hint=hint)
        super().__init__(message)
