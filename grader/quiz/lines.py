"""What a student types on a line, understood: an answer, a command, or a mistake with its remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from grader.quiz.model import Question
from grader.quiz.responses import GivenAnswer
from grader.quiz.values import MAX_ANSWER_LENGTH, parse_number, parse_shape

LineAction = Literal["answer", "clear", "next", "back", "skip", "flag", "hint", "review", "quit", "mistake"]
LINE_COMMANDS: dict[str, LineAction] = {
    "b": "back", "s": "skip", "f": "flag", "h": "hint", "r": "review", "q": "quit", "c": "clear",
    "back": "back", "skip": "skip", "flag": "flag", "hint": "hint", "review": "review", "quit": "quit", "clear": "clear",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLine:
    """One line: what to do, with the answer or the message that goes with it."""

    do: LineAction
    given: GivenAnswer = None
    message: str = ""


def format_letter(index: int) -> str:
    """An option's letter: a, b, c …"""
    return chr(ord("a") + index)


def find_clashing_letters(question: Question) -> set[str]:
    """The command letters that are an option's letter here, so that the command needs a colon: `:b`."""
    if question.kind == "text":
        return {name for name in LINE_COMMANDS if len(name) == 1}
    return {format_letter(index) for index in range(len(question.choices))} & LINE_COMMANDS.keys()


def parse_line(line: str, question: Question, order: list[str]) -> ParsedLine:
    """A line typed at a question.

    Args:
        order: the option ids as they are shown.
    """
    text = line.strip()
    word = text.lower()
    if not text:
        return ParsedLine(do="next")
    # The way to give an answer that begins with a colon.
    if text.startswith("::"):
        return parse_typed_answer(text[1:], question)
    if text.startswith(":"):
        do = LINE_COMMANDS.get(word[1:].strip())
        return ParsedLine(do=do) if do else ParsedLine(do="mistake", message=f'there is no command "{text[:20]}"')
    if (
        word in LINE_COMMANDS
        and word not in find_clashing_letters(question)
        # For a text question "back" may be the answer; there commands need the colon.
        and not (question.kind == "text" and len(word) > 1)
    ):
        return ParsedLine(do=LINE_COMMANDS[word])
    return _parse_choice(word, question, order) if question.choices else parse_typed_answer(text, question)


def parse_typed_answer(text: str, question: Question) -> ParsedLine:
    """A typed answer to a question without options, which is never a command; or what is wrong with its form."""
    if len(text) > MAX_ANSWER_LENGTH:
        return ParsedLine(do="mistake", message=f"that is longer than {MAX_ANSWER_LENGTH:,} characters")
    if question.kind == "numeric" and parse_number(text.removesuffix(question.unit)) is None:
        return ParsedLine(do="mistake", message="please type a number, such as 27 or 0.5")
    if question.kind == "shape" and parse_shape(text) is None:
        return ParsedLine(do="mistake", message="please type a shape, such as 5x7 or (None, 5, 7)")
    return ParsedLine(do="answer", given=text)


def _parse_choice(word: str, question: Question, order: list[str]) -> ParsedLine:
    places = _parse_option_places(word, len(order))
    if places is None:
        return ParsedLine(do="mistake", message=f"please type {_describe_letters(len(order))}")
    if len(set(places)) > 1 and question.kind != "multiple":
        return ParsedLine(do="mistake", message="please choose one answer only")
    return ParsedLine(do="answer", given=[name for index, name in enumerate(order) if index in places])


def _describe_letters(count: int) -> str:
    return f"a letter from a to {format_letter(count - 1)}, or a number from 1 to {count}"


def _parse_option_places(word: str, count: int) -> set[int] | None:
    """The options that letters and numbers stand for: `b`, `2`, `ac`, `a c`, `1,3`, `13` (where there are at most 9)."""
    places: set[int] = set()
    for token in re.split(r"[\s,;+.)]+", word.strip(".,;) ")):
        # A whole number first: with more than nine options `13` is the thirteenth, not the first and the third.
        if token.isascii() and token.isdigit() and 1 <= int(token[:4]) <= count:
            places.add(int(token[:4]) - 1)
            continue
        if not re.fullmatch(r"[a-z]+|[1-9]+", token):
            return None
        places |= {ord(sign) - (ord("a") if sign.isalpha() else ord("1")) for sign in token}
    return places if all(0 <= place < count for place in places) else None
