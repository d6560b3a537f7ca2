"""A student's file as a record, or the reason why it is refused, asked for before it is parsed."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import islice
from typing import Literal

from msgspec import Struct, field

MAX_BYTES = 5_000_000
MAX_NOTEBOOK_BYTES = 50_000_000  # with stored pictures; the code in it is held to MAX_BYTES
MAX_WORDS = 100_000
WORD_PATTERN = re.compile(r"\w+|[^\w\s]")
CODE_ONLY = "Hand in code only, without stored outputs and data."


class Finding(Struct, frozen=True, kw_only=True):
    """Why a file can't be graded further: what, where (1-based line of the source), how to mend it."""

    code: str
    message: str
    line: int | None = None
    hint: str | None = None


class SourceText(Struct, frozen=True, kw_only=True):
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
    """One student file; `source`, `kind`, `cells` and `remarks` as in `SourceText`.

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

    def describe_place(self, line: int) -> str:
        """`line 57`, or `code cell 3, line 4` in a notebook (cells of text are not counted).

        >>> Submission(path="a", name="a", sha256="", cells=[(1, 1), (4, 2)]).describe_place(5)
        'code cell 2, line 2'
        """
        if not self.cells:
            return f"line {line}"
        # The last cell that begins at or before the line.
        first, number = self.cells[max(0, bisect_right(self.cells, line, key=lambda cell: cell[0]) - 1)]
        return f"code cell {number}, line {line - first + 1}"


class Refusal(Exception):
    """The file holds nothing that can be graded; carries the finding."""

    def __init__(self, code: str, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        self.finding = Finding(code=code, message=message, line=line, hint=hint)
        super().__init__(message)


def check_bytes(data: bytes) -> None:
    """Raises: Refusal: larger than any honest file."""
    is_notebook = data[:100].lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"<"))  # or the page of one
    limit = MAX_NOTEBOOK_BYTES if is_notebook else MAX_BYTES
    if len(data) > limit:
        raise Refusal("S007", f"the file is larger than {limit // 1_000_000} MB", hint=CODE_ONLY)


def check_code(text: str) -> None:
    """Raises: Refusal: more code than is parsed in bounded time and memory."""
    # Words, not bytes, decide what parsing costs; counting stops at the limit.
    if len(text) > MAX_BYTES or next(islice(WORD_PATTERN.finditer(text), MAX_WORDS, None), None) is not None:
        raise Refusal("S007", f"too much code: more than {MAX_WORDS:,} words", hint=CODE_ONLY)
