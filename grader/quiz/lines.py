"""What a student types on a line, understood: an answer, a command, or a mistake with its remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from grader.quiz.model import Question
from grader.quiz.responses import Given
from grader.quiz.values import LONGEST, number, shape

Do = Literal["answer", "clear", "next", "back", "skip", "flag", "hint", "review", "quit", "mistake"]
COMMANDS: dict[str, Do] = {
    "b": "back", "s": "skip", "f": "flag", "h": "hint", "r": "review", "q": "quit", "c": "clear",
    "back": "back", "skip": "skip", "flag": "flag", "hint": "hint", "review": "review", "quit": "quit", "clear": "clear",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line: what to do, with the answer or the message that goes with it."""

    do: Do
    given: Given = None
    message: str = ""


def letter(index: int) -> str:
    """An option's letter: a, b, c …"""
    return chr(ord("a") + index)


def clashing(question: Question) -> set[str]:
    """The command letters that are an option's letter here, so that the command needs a colon: `:b`."""
    if question.kind == "text":
        return {name for name in COMMANDS if len(name) == 1}
    return {letter(index) for index in range(len(question.choices))} & COMMANDS.keys()


def understood(line: str, question: Question, order: list[str]) -> Said:
    """A line typed at a question.

    Args:
        order: the option ids as they are shown.
    """
    text = line.strip()
    word = text.lower()
    if not text:
        return Said(do="next")
    if text.startswith("::"):
        return _typed(text[1:], question)
    if text.startswith(":"):
        do = COMMANDS.get(word[1:].strip())
        return Said(do=do) if do else Said(do="mistake", message=f'there is no command "{text[:20]}"')
    if word in COMMANDS and word not in clashing(question) and not (question.kind == "text" and len(word) > 1):
        return Said(do=COMMANDS[word])
    return _chosen(word, question, order) if question.choices else _typed(text, question)


def _typed(text: str, question: Question) -> Said:
    if len(text) > LONGEST:
        return Said(do="mistake", message=f"that is longer than {LONGEST:,} characters")
    if question.kind == "numeric" and number(text.removesuffix(question.unit)) is None:
        return Said(do="mistake", message="please type a number, such as 27 or 0.5")
    if question.kind == "shape" and shape(text) is None:
        return Said(do="mistake", message="please type a shape, such as 5x7 or (None, 5, 7)")
    return Said(do="answer", given=text)


def _chosen(word: str, question: Question, order: list[str]) -> Said:
    places = _places(word, len(order))
    if places is None:
        return Said(do="mistake", message=f"please type {_range(len(order))}")
    if len(set(places)) > 1 and question.kind != "multiple":
        return Said(do="mistake", message="please choose one answer only")
    return Said(do="answer", given=[name for index, name in enumerate(order) if index in places])


def _range(count: int) -> str:
    return f"a letter from a to {letter(count - 1)}, or a number from 1 to {count}"


def _places(word: str, count: int) -> set[int] | None:
    """The options that letters and numbers stand for: `b`, `2`, `ac`, `a c`, `1,3`, `13` (where there are at most 9)."""
    places: set[int] = set()
    for token in re.split(r"[\s,;+.)]+", word.strip(".,;) ")):
        if token.isascii() and token.isdigit() and 1 <= int(token[:4]) <= count:
            places.add(int(token[:4]) - 1)
            continue
        if not re.fullmatch(r"[a-z]+|[1-9]+", token):
            return None
        places |= {ord(sign) - (ord("a") if sign.isalpha() else ord("1")) for sign in token}
    return places if all(0 <= place < count for place in places) else None
