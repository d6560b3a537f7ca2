"""A few lines of a student's file around the one that a check speaks of."""

from __future__ import annotations

from dataclasses import dataclass

AROUND = 3
LONGEST = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One line of the file; `hit` marks the one that is meant."""

    number: int
    text: str
    hit: bool


def excerpt(source: str, line: int, around: int = AROUND) -> list[SourceLine]:
    r"""The line with those around it, each cut to 160 characters; empty where the file has no such line.

    >>> [(each.number, each.text, each.hit) for each in excerpt("a\nb\nc", 2, around=1)]
    [(1, 'a', False), (2, 'b', True), (3, 'c', False)]
    """
    # Only these end a line for Python; `splitlines` knows more, and would count differently.
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not 1 <= line <= len(lines):
        return []
    first = max(1, line - around)
    chosen = lines[first - 1 : line + around]
    return [SourceLine(number=first + i, text=_cut(text), hit=first + i == line) for i, text in enumerate(chosen)]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
