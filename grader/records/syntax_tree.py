"""Python text as a tree, read by one thread at a time."""

from __future__ import annotations

import ast
from threading import RLock
from typing import Any

# Python 3.11 counts the depth of a tree that it builds for all threads together: two at once may end in
# "SystemError: AST constructor recursion depth mismatch".
PARSING = RLock()


def parse_python(text: str | bytes) -> ast.Module:
    """As `ast.parse`, whatever other threads read.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `ast.parse` does.
    """
    with PARSING:
        return ast.parse(text)


def read_literal(text: str) -> Any:
    """As `ast.literal_eval`, whatever other threads read.

    Raises:
        SyntaxError, ValueError, TypeError, RecursionError, MemoryError: as `ast.literal_eval` does.
    """
    with PARSING:
        return ast.literal_eval(text)
