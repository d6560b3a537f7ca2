"""How much a file may hold, asked before it is parsed: a syntax tree takes some 500 bytes for each word."""

from __future__ import annotations

import re
from itertools import islice

from grader.submission.record import Refusal

MAX_BYTES = 5_000_000
MAX_NOTEBOOK_BYTES = 50_000_000  # with stored pictures; the code in it is held to MAX_BYTES
MAX_WORDS = 100_000
WORD = re.compile(r"\w+|[^\w\s]")
CODE_ONLY = "Hand in code only, without stored outputs and data."


def check_bytes(data: bytes) -> None:
    """Raises: Refusal: larger than any honest file."""
    is_notebook = data[:100].lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"<"))  # or the page of one
    limit = MAX_NOTEBOOK_BYTES if is_notebook else MAX_BYTES
    if len(data) > limit:
        raise Refusal("S007", f"the file is larger than {limit // 1_000_000} MB", hint=CODE_ONLY)


def check_code(text: str) -> None:
    """Raises: Refusal: more code than is parsed in bounded time and memory."""
    if len(text) > MAX_BYTES or next(islice(WORD.finditer(text), MAX_WORDS, None), None) is not None:
        raise Refusal("S007", f"too much code: more than {MAX_WORDS:,} words", hint=CODE_ONLY)
