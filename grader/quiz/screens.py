"""What a student reads while taking a quiz: plain lines of text that fit the width, for every terminal and reader."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime

from grader.quiz.lines import clashing, letter
from grader.quiz.model import Question, Quiz
from grader.quiz.sitting import Sitting, deadline
from grader.quiz.verdicts import given_text
from grader.reports.text import line

NARROWEST = 20
# Stands for a space that no line is broken at.
GLUE = "\ue000"
WIDEST = 80


def cells(text: str) -> int:
    """The columns that a text takes: two for East Asian wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(sign) else 1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)


def wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """A text in lines that fit, each line of it on its own; what is too long for a line is broken.

    Args:
        first: stands before the first line.
        rest: stands before the others; as many spaces as `first` is long unless given.

    >>> wrapped("one two three", 9, "a) ")
    ['a) one', '   two', '   three']
    """
    rest = " " * cells(first) if rest is None else rest
    width = max(width, NARROWEST if cells(first) > width // 2 else 1)
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        lines += _paragraph(paragraph, width, rest if lines else first, rest)
    return lines


def _paragraph(text: str, width: int, first: str, rest: str) -> Iterator[str]:
    indent = text[: len(text) - len(text.lstrip())]
    line, empty = first + indent, True
    for word in _pieces(text.split(), max(1, width - max(cells(first), cells(rest)) - len(indent))):
        gap = "" if empty else " "
        if not empty and cells(line) + len(gap) + cells(word) > width:
            yield line
            line, gap = rest + indent, ""
        line, empty = line + gap + word, False
    yield line.rstrip()


def _pieces(words: list[str], room: int) -> Iterator[str]:
    """The words, those cut that don't fit a line."""
    for word in words:
        piece = ""
        for sign in word:
            if cells(piece) + cells(sign) > room:
                yield piece
                piece = ""
            piece += sign
        yield piece


def page(*blocks: list[str]) -> str:
    """Blocks of lines with one empty line between them."""
    return "\n\n".join("\n".join(block) for block in blocks if block)


def plural(count: float, noun: str) -> str:
    """`1 point`, `2 points`, `0.5 points`."""
    return f"{count:g} {noun}{'' if count == 1 else 's'}"


def welcome(quiz: Quiz, sitting: Sitting, width: int, *, resumed: bool) -> str:
    """What stands at the beginning."""
    points = sum(quiz.question(name).points for name in sitting.names)
    facts = [
        f"{plural(len(sitting.names), 'question')}, {plural(points, 'point')}.",
        f"Attempt {sitting.attempt} of {quiz.attempts}." if quiz.attempts > 1 else "",
        f"You have {_minutes(quiz.time_limit)}." if quiz.time_limit else "",
        "Each answer is saved at once.",
    ]
    again = f"Going on where you were: {len(sitting.answers)} of {len(sitting.names)} answered." if resumed else ""
    return page(
        wrapped(quiz.title, width),
        wrapped(quiz.description, width) if quiz.description else [],
        wrapped(" ".join(fact for fact in facts if fact), width),
        wrapped(again, width) if again else [],
    )


def question(quiz: Quiz, sitting: Sitting, now: datetime, width: int) -> str:
    """The question at the sitting's position, with what was answered, the hints that were opened, and the keys."""
    name = sitting.names[sitting.position]
    item = quiz.question(name)
    opened = item.hints[: sitting.hints.get(name, 0)]
    return page(
        wrapped(_heading(quiz, sitting, item, now), width),
        wrapped(item.prompt, width),
        options(item, sitting, width),
        [line for hint in opened for line in wrapped(hint.text, width, "Hint: ")],
        [text.replace(GLUE, " ") for text in wrapped(_keys(item, sitting), width)],
    )


def _heading(quiz: Quiz, sitting: Sitting, item: Question, now: datetime) -> str:
    done = f"{len(sitting.answers)} answered"
    flags = f", {len(sitting.flags)} flagged" if sitting.flags else ""
    own = ", flagged" if item.id in sitting.flags else ""
    loses = f", a wrong answer loses {item.penalty:.0%}" if item.penalty else ""
    left = f". {_left(quiz, sitting, now)}" if deadline(sitting, quiz) else ""
    place = f"Question {sitting.position + 1} of {len(sitting.names)}"
    return f"{place} ({plural(item.points, 'point')}{loses}{own}): {done}{flags}{left}"


def _left(quiz: Quiz, sitting: Sitting, now: datetime) -> str:
    end = deadline(sitting, quiz)
    assert end is not None
    return f"{_minutes(max(0.0, (end - now).total_seconds()))} left"


def _minutes(seconds: float) -> str:
    """Time as people say it: `45 seconds`, `20 minutes`, `26 hours`."""
    if seconds < 120:
        return plural(int(seconds), "second")
    return plural(int(seconds // 60), "minute") if seconds < 3 * 3600 else plural(int(seconds // 3600), "hour")


def options(item: Question, sitting: Sitting, width: int) -> list[str]:
    """The options with their letters; a star marks what was chosen, words what was typed."""
    given = sitting.answers.get(item.id)
    lines: list[str] = []
    for index, name in enumerate(sitting.shown.options.get(item.id, [])):
        mark = "*" if isinstance(given, list) and name in given else " "
        lines += wrapped(item.option(name).text, width, f"{mark} {letter(index)}) ")
    if isinstance(given, str):
        unit = "" if not item.unit or given.strip().endswith(item.unit) else f" {item.unit}"
        lines += wrapped(line(given) + unit, width, "Your answer: ")
    return lines


def _keys(item: Question, sitting: Sitting) -> str:
    """The keys that work now; one that is an option's letter here needs a colon."""
    clash = clashing(item)

    def key(sign: str) -> str:
        return f":{sign}" if sign in clash else sign

    count = len(item.choices)
    kinds = {"numeric": f"a number{f' ({item.unit})' if item.unit else ''}", "text": "your answer", "shape": "a shape"}
    take = f"a-{letter(count - 1)} or 1-{count}" if count else kinds[item.kind]
    several = ", all that apply, such as ac" if item.kind == "multiple" else ""
    left = item.hints[sitting.hints.get(item.id, 0) :]
    cost = f" ({left[0].cost:.0%} of the points)" if left and left[0].cost else " (free)"
    parts = [
        f"Type {take}{several}",
        "Enter keeps it" if item.id in sitting.answers else "",
        f"{key('c')} clear" if item.id in sitting.answers else "",
        f"{key('b')} back" if sitting.position else "",
        f"{key('s')} skip",
        f"{key('f')} {'unflag' if item.id in sitting.flags else 'flag'}",
        f"{key('h')} hint{cost}" if left else "",
        f"{key('r')} review",
        f"{key('q')} save and quit",
    ]
    return "; ".join(part if len(part) > NARROWEST * 2 else part.replace(" ", GLUE) for part in parts if part)


def review(quiz: Quiz, sitting: Sitting, now: datetime, width: int) -> str:
    """The review sheet: each question with its answer, and how to go on."""
    lines: list[str] = []
    for index, name in enumerate(sitting.names):
        flag = "! " if name in sitting.flags else ""
        lines += wrapped(f"{flag}{_given(quiz.question(name), sitting)}", width, f"{index + 1:>3}. ")
    blank = len(sitting.names) - len(sitting.answers)
    left = f" {_left(quiz, sitting, now)}." if deadline(sitting, quiz) else ""
    head = (
        f"Review: {len(sitting.answers)} answered, {blank} without an answer, {len(sitting.flags)} flagged (!).{left}"
    )
    keys = f"Type 1-{len(sitting.names)} to go to a question; submit to hand in; q save and quit"
    return page(wrapped(head, width), lines, wrapped(keys, width))


def _given(item: Question, sitting: Sitting) -> str:
    given = sitting.answers.get(item.id)
    if given is None:
        return "(no answer)"
    if isinstance(given, str):
        return line(given)
    order = sitting.shown.options[item.id]
    letters = " ".join(letter(order.index(name)) for name in order if name in given)
    return f"{letters}) {given_text(item, given)}"
