r"""Student text made harmless to look at: what can't be seen, or steers a terminal or a CI log, becomes an escape.

>>> print(escape_text("loss\x1b[2J\u202e = nan\x00"))
loss\x1b[2J\u202e = nan\x00
"""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT_LENGTH = 2000
NOT_ASCII = re.compile(r"[^ -~\n]+")
# Printable by Python's rules, and yet nothing to see: fillers, joiners, selectors that smuggle text.
UNSEEN_CHARACTERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]")
# Combining marks beyond what any script stacks on one letter climb over the lines above.
MAX_COMBINING_MARKS = 4
# GitHub, Azure and TeamCity obey `##[error]`, `##vso[…]` and `##teamcity[…]` anywhere in a line of a log …
COMMAND_ANYWHERE = re.compile(r"##(?=\w*\[)")
# … and GitHub obeys `::error::` at the start of one, after any white space.
COMMAND_AT_START = re.compile(r"(?m)^(\s*):(?=:)")


def escape_text(text: str, limit: int = MAX_TEXT_LENGTH) -> str:
    r"""The text with everything unseen or obeyed as an escape; line ends stay, tabs become spaces.

    Args:
        text: anything, also with lone surrogates.
        limit: the most characters of it to show; the rest is counted.

    >>> escape_text("a" * 12, limit=4)
    'aaaa… 8 more characters'
    >>> print(escape_text("::error::\n##[group]x"))
    :\:error::
    #\#[group]x
    """
    shown = NOT_ASCII.sub(_escape_match, text[:limit].replace("\r\n", "\n"))
    if len(text) > limit:
        shown += f"… {len(text) - limit:,} more characters"
    return COMMAND_AT_START.sub(r"\1:\\", COMMAND_ANYWHERE.sub(r"#\\#", shown))


def escape_line(text: str, limit: int = 300) -> str:
    r"""As `escape_text`, on one line.

    >>> print(escape_line("two\nlines"))
    two\nlines
    """
    return escape_text(text, limit).replace("\n", r"\n")


def describe_open_places(places: list[str], lines: list[int], total: int) -> str:
    """How many places of a stub are still open, and where.

    Args:
        places: in words.
        lines: the same as lines of one file, which can share the word; empty for a notebook.

    >>> describe_open_places(["line 14", "line 18"], [14, 18], 6)
    '2 of 6 places are still open: lines 14 and 18'
    """
    number = len(places)
    count = f"{number} of {total} places" if total > number else f"{number} place{'s' * (number != 1)}"
    where = f"line{'s' * (number != 1)} {join_words([str(line) for line in lines])}" if lines else join_words(places)
    return f"{count} {'is' if number == 1 else 'are'} still open: {where}"


def join_words(words: list[str]) -> str:
    """Words as a list in a sentence.

    >>> join_words(["14", "18", "22"])
    '14, 18 and 22'
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _escape_match(found: re.Match[str]) -> str:
    pieces: list[str] = []
    marks = 0
    for letter in found[0]:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        pieces.append(_escape_letter(letter, category) if marks <= MAX_COMBINING_MARKS else ascii(letter)[1:-1])
    return "".join(pieces)


def _escape_letter(letter: str, category: str) -> str:
    if letter == "\t":
        return "    "
    # No-break and ideographic spaces are harmless, and honest text is full of them.
    if category == "Zs":
        return " "
    return letter if letter.isprintable() and not UNSEEN_CHARACTERS.match(letter) else ascii(letter)[1:-1]
