"""Which code, word or check a sentence of a report is about, so that it can be asked for as it stands there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from types import MappingProxyType

from grader.reports import reading

SHORTEST = 8
MOST = 8
# How findings word what keeps a file from being run, by code; the first that fits counts.
FINDINGS = MappingProxyType({
    "S101": r"can't read this file|syntax error:",
    "S001": r"the file is empty|has no code",
    "S003": r"UTF-8|encoding can't be used",
    "S002": r"not a text file",
    "S004": r"this is a web page|text with Markdown|neither a notebook nor Python",
    "S005": r"not a notebook: it has|notebook is damaged|notebook's JSON is broken",
    "S006": r"notebook in .+, not in Python",
    "S007": r"file is larger than|too much code",
    "S103": r"is still (?:empty|as in the stub|blank)",
    "S107": r"is inside another function or class",
    "S105": r"\(\) (?:is async|yields instead)",
    "S106": r", not a function",
    "S104": r"\(\) (?:asks for|takes) ",
    "S102": r"no function ",
})  # fmt: skip


def meant(sentence: str, titles: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The names that a sentence is about, without repetition, at most eight; nothing for what is too short to tell.

    Args:
        sentence: as it was copied from a report, over several lines, too, or a part of it.
        titles: titles of checks, each with the name of its check.

    >>> list(meant("line 7: f() is still as in the stub", []))
    ['S103']
    >>> list(meant("the result has the  image's", [("The result has the image's type", "type")]))
    ['type']
    """
    asked = _plain(sentence)
    if len(asked) < SHORTEST:
        return
    named = [end for end, told in reading.ENDS.items() if _plain(told) in asked or asked in _plain(told)]
    if "not judged" in asked:
        named.append("skipped")
    named += [code for code, words in FINDINGS.items() if re.search(words, " ".join(sentence.split()))][:1]
    named += [name for title, name in titles if asked in _plain(title) or _plain(title) in asked]
    yield from islice(dict.fromkeys(named), MOST)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold().strip("✓✗–!+-x .")
