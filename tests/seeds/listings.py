"""Finds the Python listings in a course text: Markdown fences, RST code blocks, and notebooks saved as text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

FENCE = re.compile(r"^(?P<indent>\s*)(?P<mark>```|~~~)\s*(?:py|python)\s*$")
DIRECTIVE = re.compile(r"^(?P<indent>\s*)\.\. code-block:: python\s*$")
TRAINS = re.compile(r"\.fit(?:_generator)?\(")
DEFINES = re.compile(r"^def (\w+)\(", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A listing with the line of the text (1-based) on which its code begins."""

    line: int
    code: str

    def defines(self) -> set[str]:
        return set(DEFINES.findall(self.code))

    def trains(self) -> bool:
        return TRAINS.search(self.code) is not None


def listings(text: str) -> Iterator[Listing]:
    """Every Python listing, in the order of the text."""
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        start = index + 1
        if (fence := FENCE.match(lines[index])) is not None:
            end = next((at for at in range(start, len(lines)) if lines[at].strip() == fence["mark"]), len(lines))
        elif (directive := DIRECTIVE.match(lines[index])) is not None:
            end = _end_of_block(lines, start, len(directive["indent"]))
        else:
            index += 1
            continue
        code = textwrap.dedent("\n".join(lines[start:end])).strip("\n")
        first = next((at for at in range(start, end) if lines[at].strip()), start)
        yield Listing(line=first + 1, code=code + "\n")
        index = end + 1


def _end_of_block(lines: list[str], start: int, indent: int) -> int:
    """The first line that is no further to the right than the directive."""
    for at in range(start, len(lines)):
        if lines[at].strip() and len(lines[at]) - len(lines[at].lstrip()) <= indent:
            return at
    return len(lines)
