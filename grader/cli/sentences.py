"""Which code, word or check a piece of a report is about: by the codes that it prints, else by whole known sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from grader.checks import judging
from grader.messages.ends import END_WORDS, GATED_REASON

MIN_SENTENCE_LENGTH = 8
MAX_MEANT_NAMES = 8
# Codes as reports print them: a letter for the kind, three digits.
CODE = re.compile(r"\b[A-Z]\d{3}\b")
KNOWN = (
    *((words.sentence, end) for end, words in END_WORDS.items() if end != "completed"),
    *((reason, "skipped") for reason in (*(words.reason for words in END_WORDS.values() if words.reason), GATED_REASON)),
    *((reason, "skipped") for reason in judging.ABSENCE_REASONS.values()),
)


def find_meant(asked: str, titles: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The names that a text is about, without repetition, at most eight; nothing for what is too short to tell.

    Args:
        asked: as it was copied from a report, over several lines, too, or a part of it.
        titles: titles of checks, each with the name of its check.

    >>> list(find_meant("line 7: [S103] f() is still as in the stub", []))
    ['S103']
    >>> list(find_meant("the result has the  image's", [("The result has the image's type", "type")]))
    ['type']
    """
    named = CODE.findall(asked)
    plain = _normalize_sentence(asked)
    if len(plain) >= MIN_SENTENCE_LENGTH:
        sentences = ((_normalize_sentence(sentence), name) for sentence, name in (*KNOWN, *titles))
        # Either way round: a report's line may be copied in part, or with more around it.
        named += [name for sentence, name in sentences if plain in sentence or sentence in plain]
    yield from islice(dict.fromkeys(named), MAX_MEANT_NAMES)


def _normalize_sentence(text: str) -> str:
    return " ".join(text.split()).casefold().strip("✓✗–!+-x .")
