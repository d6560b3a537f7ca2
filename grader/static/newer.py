"""What is right in a newer Python than the one that grades: found by writing it as older ones take it, and parsing that."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grader.submission.magics import is_python

DEEPEST = 20  # f-strings within f-strings
STRING = re.compile(r"(?P<prefix>[A-Za-z]{0,2})(?P<quote>'''|\"\"\"|'|\")")
# Blanks are those of one line: `\s*` at the beginning of a line would try a run of empty lines from each of them.
TYPE = re.compile(r"^([ \t]*)type[ \t]+(?=\w+[ \t]*(?:\[[^=\n]*\])?[ \t]*=(?!=))", re.MULTILINE)
PARAMETERS = re.compile(r"^([ \t]*(?:(?:async[ \t]+)?def|class|type)[ \t]+\w+)[ \t]*(?=\[)", re.MULTILINE)
# In Python 2 the second name was a new one, in small letters.
EXCEPT = re.compile(r"^([ \t]*except\*?[ \t]+)((?:\w+\.)*[A-Z]\w*(?:[ \t]*,[ \t]*(?:\w+\.)*[A-Z]\w*)+)(?=[ \t]*:)", re.MULTILINE)
TEMPLATE = re.compile(r"(?<![\w'\"])(?:[tT][rR]?|[rR][tT])(?=['\"])")
LAZY = re.compile(r"^([ \t]*)lazy[ \t]+(?=import\b|from\b)", re.MULTILINE)


class _Unreadable(Exception):
    """What looked like an f-string is none, by any Python's rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """One thing that a Python brought.

    Args:
        version: the first one that takes it.
        what: its name.
        way_out: how to write it for older ones, too.
        rewrite: gives a text without it; raises `_Unreadable`.
    """

    version: tuple[int, int]
    what: str
    way_out: str
    rewrite: Callable[[str], str]


def find_newer(text: str, running: tuple[int, int] = sys.version_info[:2]) -> tuple[Spelling, int] | None:
    """The spelling of a newer Python that keeps a text from being read, and its line; None where that isn't the reason.

    Args:
        text: as it was parsed in vain.
        running: the Python that parsed it.
    """
    found: list[tuple[Spelling, int]] = []
    rewritten = text
    try:
        for spelling in SPELLINGS:
            # The rewrites build on each other, since a file may use several new spellings at once.
            after = spelling.rewrite(rewritten) if spelling.version > running else rewritten
            if after != rewritten:
                found.append((spelling, _first_difference(rewritten, after)))
            rewritten = after
    except (_Unreadable, RecursionError):
        return None
    # Only if the rewritten text parses was the spelling the reason; else Python's own error is better.
    return max(found, key=lambda one: one[0].version) if found and is_python(rewritten) else None


def _first_difference(before: str, after: str) -> int:
    """The line (from 1) where two texts of the same lines begin to differ."""
    pairs = enumerate(zip(before.split("\n"), after.split("\n"), strict=False), 1)
    return next((number for number, (old, new) in pairs if old != new), 1)


def _without_parameters(defaults: bool) -> Callable[[str], str]:
    """Takes `[T]` from `def f[T](x)`, `class C[T]:` and `type X[T] = ...`: those with a default, or the others."""

    def rewrite(text: str) -> str:
        parts, offset = [], 0
        for match in PARAMETERS.finditer(text):
            end = _after_bracket(text, match.end())
            inside = text[match.end() : end]
            if (re.search(r"(?<![=!<>:])=(?!=)", inside) is not None) == defaults:
                # Line ends stay, so that every later line keeps its number.
                parts += [text[offset : match.end()].rstrip(), "\n" * inside.count("\n")]
                offset = end
        return "".join([*parts, text[offset:]])

    return rewrite


def _after_bracket(text: str, start: int) -> int:
    """The offset after the bracket that closes the one at `start`."""
    depth = 0
    for offset in range(start, len(text)):
        depth += (text[offset] in "[({") - (text[offset] in "])}")
        if not depth:
            return offset + 1
    raise _Unreadable


def _rewrite_strings(text: str) -> str:
    """Plain strings in the place of f-strings that only Python 3.12 reads."""
    parts, offset = [], 0
    for start, end in _find_strings(text, 0, "", DEEPEST):
        literal = text[start:end]
        if "f" in literal[:2].lower() and not is_python(f"({literal})"):
            parts += [text[offset:start], "(''", "\n" * literal.count("\n"), ")"]
            offset = end
    return "".join([*parts, text[offset:]])


def _find_strings(text: str, offset: int, stop: str, depth: int) -> Iterator[tuple[int, int]]:
    """Where the strings of a text begin and end, up to the bracket or mark in `stop` that closes it."""
    open_brackets = 0
    while offset < len(text):
        letter = text[offset]
        if letter == "#":
            # -1, for a comment in the last line, becomes the end of the text.
            offset = text.find("\n", offset) % (len(text) + 1)
            continue
        before = text[offset - 1] if offset else " "
        if (match := STRING.match(text, offset)) is not None and not (match["prefix"] and (before.isalnum() or before == "_")):
            end = _end_of_string(text, match, depth)
            yield offset, end
            offset = end
            continue
        if stop and not open_brackets and letter in stop and text[offset : offset + 2] not in ("!=", ":="):
            yield offset, offset  # tells the caller where it ends
            return
        open_brackets += (letter in "[({") - (letter in "])}")
        offset += 1
    if stop:
        raise _Unreadable


def _end_of_string(text: str, match: re.Match[str], depth: int) -> int:
    """The offset after a string; what is in the braces of an f-string is read as Python 3.12 does."""
    if not depth:
        raise _Unreadable
    quote, prefix, offset = match["quote"], match["prefix"].lower(), match.end()
    while offset < len(text):
        if text.startswith(quote, offset):
            return offset + len(quote)
        if text[offset] == "\\" or ("f" in prefix and text.startswith(("{{", "}}"), offset)):  # also in raw strings the quotation mark after it ends nothing
            offset += 2
        elif "f" in prefix and text[offset] == "{":
            offset = _end_of_braces(text, offset, quote, depth)
        elif text[offset] == "\n" and len(quote) == 1:
            raise _Unreadable
        else:
            offset += 1
    raise _Unreadable


def _end_of_braces(text: str, start: int, quote: str, depth: int) -> int:
    """The place after `{expression!r:format}`.

    Raises:
        _Unreadable: the expression is none.
    """
    strings = list(_find_strings(text, start + 1, "}:!", depth - 1))
    end = strings[-1][0]
    if not is_python(f"({_rewrite_strings(text[start + 1 : end]).strip().removesuffix('=')}\n)"):
        raise _Unreadable
    if text[end] == "!":
        end = text.find(":", end) if ":" in text[end : end + 4] else text.find("}", end)
    while end < len(text) and text[end] != "}":
        end = _end_of_braces(text, end, quote, depth - 1) if text[end] == "{" else end + 1
        if text.startswith(quote, end) and len(quote) == 1:
            raise _Unreadable
    return end + 1


SPELLINGS = (
    Spelling(
        version=(3, 14), what="a template string", way_out='Write an f-string: f"...".',
        rewrite=lambda text: TEMPLATE.sub("f", text),
    ),
    Spelling(
        version=(3, 12), what="the same quotation marks, a backslash or a line break inside the braces of an f-string",
        way_out="Use the other quotation marks inside the braces, as in f\"{logs['loss']}\", or give the value a name first.",
        rewrite=_rewrite_strings,
    ),
    Spelling(
        version=(3, 13), what="a type parameter with a default", way_out="Leave out the brackets after the name: `def f(x):`.",
        rewrite=_without_parameters(defaults=True),
    ),
    Spelling(
        version=(3, 12), what="type parameters", way_out="Leave out the brackets after the name: `def f(x):`, `class C:`.",
        rewrite=_without_parameters(defaults=False),
    ),
    Spelling(
        version=(3, 12), what="a `type` statement", way_out="Write `Name = ...` without `type`.",
        rewrite=lambda text: TYPE.sub(r"\1", text),
    ),
    Spelling(
        version=(3, 14), what="several exceptions without parentheses", way_out="Write `except (A, B):`.",
        rewrite=lambda text: EXCEPT.sub(r"\1(\2)", text),
    ),
    Spelling(
        version=(3, 15), what="a lazy import", way_out="Write `import ...` without `lazy`.",
        rewrite=lambda text: LAZY.sub(r"\1", text),
    ),
)  # fmt: skip


def tell(spelling: Spelling) -> tuple[str, str]:
    """What to say of it, and the way out."""
    version, running = (f"{major}.{minor}" for major, minor in (spelling.version, sys.version_info[:2]))
    what = f"this is Python {version}'s spelling ({spelling.what}); files are graded here with Python {running}"
    return what, f"{spelling.way_out} Every Python 3 takes that."
