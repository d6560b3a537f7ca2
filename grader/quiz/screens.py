"""What a student reads while taking a quiz: plain lines of text that fit the width, for every terminal and reader."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime

from grader.messages.text import escape_line
from grader.quiz.lines import find_clashing_letters, format_letter
from grader.quiz.model import Question, Quiz
from grader.quiz.rich_text import convert_to_plain
from grader.quiz.sitting import Sitting, find_end_time
from grader.quiz.verdicts import format_given_answer

MIN_QUIZ_WIDTH = 20
# Stands for a space that no line is broken at.
NO_BREAK = "\ue000"
MAX_QUIZ_WIDTH = 80


def count_cells(text: str) -> int:
    """The columns that a text takes: two for East Asian wide characters, none for combining ones."""
    # Most texts are, and this is called for every word.
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(sign) else 1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)


def wrap_text(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """A text in lines that fit, each line of it on its own; what is too long for a line is broken.

    Args:
        first: stands before the first line.
        rest: stands before the others; as many spaces as `first` is long unless given.

    >>> wrap_text("one two three", 9, "a) ")
    ['a) one', '   two', '   three']
    """
    rest = " " * count_cells(first) if rest is None else rest
    # A label that takes half of a very narrow terminal leaves no room to wrap in.
    width = max(width, MIN_QUIZ_WIDTH if count_cells(first) > width // 2 else 1)
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        lines += _wrap_paragraph(paragraph, width, rest if lines else first, rest)
    return lines


def _wrap_paragraph(text: str, width: int, first: str, rest: str) -> Iterator[str]:
    indent = text[: len(text) - len(text.lstrip())]
    line, empty = first + indent, True
    for word in _split_long_words(
        text.split(), max(1, width - max(count_cells(first), count_cells(rest)) - len(indent))
    ):
        gap = "" if empty else " "
        if not empty and count_cells(line) + len(gap) + count_cells(word) > width:
            yield line
            line, gap = rest + indent, ""
        line, empty = line + gap + word, False
    yield line.rstrip()


def _split_long_words(words: list[str], room: int) -> Iterator[str]:
    """The words, those cut that don't fit a line."""
    for word in words:
        piece = ""
        for sign in word:
            if count_cells(piece) + count_cells(sign) > room:
                yield piece
                piece = ""
            piece += sign
        yield piece


def join_blocks(*blocks: list[str]) -> str:
    """Blocks of lines with one empty line between them."""
    return "\n\n".join("\n".join(block) for block in blocks if block)


def format_count(count: float, noun: str) -> str:
    """`1 point`, `2 points`, `0.5 points`."""
    return f"{count:g} {noun}{'' if count == 1 else 's'}"


def render_welcome(quiz: Quiz, sitting: Sitting, width: int, *, resumed: bool) -> str:
    """What stands at the beginning."""
    again = f"Resuming: {len(sitting.answers)} of {len(sitting.names)} answered." if resumed else ""
    return join_blocks(
        wrap_text(quiz.title, width),
        wrap_text(quiz.description, width) if quiz.description else [],
        wrap_text(describe_attempt(quiz, sitting), width),
        wrap_text(again, width) if again else [],
    )


def describe_attempt(quiz: Quiz, sitting: Sitting) -> str:
    """How long a quiz is, and which attempt this is."""
    points = sum(quiz.find_question(name).points for name in sitting.names)
    facts = [
        f"{format_count(len(sitting.names), 'question')}, {format_count(points, 'point')}.",
        f"Attempt {sitting.attempt} of {quiz.attempts}." if quiz.attempts > 1 else "",
        f"You have {_format_time(quiz.time_limit)}." if quiz.time_limit else "",
        "Each answer is saved at once.",
    ]
    return " ".join(fact for fact in facts if fact)


def render_question(quiz: Quiz, sitting: Sitting, now: datetime, width: int) -> str:
    """The question at the sitting's position, with what was answered, the hints that were opened, and the keys."""
    name = sitting.names[sitting.position]
    item = quiz.find_question(name)
    opened = item.hints[: sitting.hints.get(name, 0)]
    return join_blocks(
        wrap_text(_render_heading(quiz, sitting, item, now), width),
        wrap_text(convert_to_plain(item.prompt), width),
        render_options(item, sitting, width),
        [line for hint in opened for line in wrap_text(hint.text, width, "Hint: ")],
        [text.replace(NO_BREAK, " ") for text in wrap_text(_describe_keys(item, sitting), width)],
    )


def _render_heading(quiz: Quiz, sitting: Sitting, item: Question, now: datetime) -> str:
    done = f"{len(sitting.answers)} answered"
    flags = f", {len(sitting.flags)} flagged" if sitting.flags else ""
    own = ", flagged" if item.id in sitting.flags else ""
    loses = f", a wrong answer loses {item.penalty:.0%}" if item.penalty else ""
    left = f". {describe_time_left(quiz, sitting, now)}" if find_end_time(sitting, quiz) else ""
    place = f"Question {sitting.position + 1} of {len(sitting.names)}"
    return f"{place} ({format_count(item.points, 'point')}{loses}{own}): {done}{flags}{left}"


def describe_time_left(quiz: Quiz, sitting: Sitting, now: datetime) -> str:
    """`20 minutes left`, of an attempt that has an end."""
    end = find_end_time(sitting, quiz)
    assert end is not None
    return f"{_format_time(max(0.0, (end - now).total_seconds()))} left"


def _format_time(seconds: float) -> str:
    """Time as people say it: `45 seconds`, `20 minutes`, `26 hours`."""
    if seconds < 120:
        return format_count(int(seconds), "second")
    return (
        format_count(int(seconds // 60), "minute") if seconds < 3 * 3600 else format_count(int(seconds // 3600), "hour")
    )


def render_options(item: Question, sitting: Sitting, width: int) -> list[str]:
    """The options with their letters; a star marks what was chosen, words what was typed."""
    given = sitting.answers.get(item.id)
    lines: list[str] = []
    for index, name in enumerate(sitting.shown.options.get(item.id, [])):
        mark = "*" if isinstance(given, list) and name in given else " "
        lines += wrap_text(convert_to_plain(item.find_option(name).text), width, f"{mark} {format_letter(index)}) ")
    if isinstance(given, str):
        unit = "" if not item.unit or given.strip().endswith(item.unit) else f" {item.unit}"
        lines += wrap_text(escape_line(given) + unit, width, "Your answer: ")
    return lines


def describe_answer_form(item: Question) -> str:
    """How an answer to this question is typed."""
    count = len(item.choices)
    kinds = {"numeric": f"a number{f' ({item.unit})' if item.unit else ''}", "text": "your answer", "shape": "a shape"}
    take = f"a-{format_letter(count - 1)} or 1-{count}" if count else kinds[item.kind]
    several = ", all that apply, such as ac" if item.kind == "multiple" else ""
    return f"Type {take}{several}"


def format_key(sign: str, item: Question) -> str:
    """A key as it is typed here; one that is an option's letter needs a colon."""
    return f":{sign}" if sign in find_clashing_letters(item) else sign


def _describe_keys(item: Question, sitting: Sitting) -> str:
    """The keys that work now."""
    left = item.hints[sitting.hints.get(item.id, 0) :]
    cost = f" ({left[0].cost:.0%} of the points)" if left and left[0].cost else " (free)"
    parts = [
        describe_answer_form(item),
        "Enter keeps it" if item.id in sitting.answers else "",
        f"{format_key('c', item)} clear" if item.id in sitting.answers else "",
        f"{format_key('b', item)} back" if sitting.position else "",
        f"{format_key('s', item)} skip",
        f"{format_key('f', item)} {'unflag' if item.id in sitting.flags else 'flag'}",
        f"{format_key('h', item)} hint{cost}" if left else "",
        f"{format_key('r', item)} review",
        f"{format_key('q', item)} save and quit",
    ]
    # A key and its meaning stay on one line, unless they are too long for narrow terminals.
    return "; ".join(part if len(part) > MIN_QUIZ_WIDTH * 2 else part.replace(" ", NO_BREAK) for part in parts if part)


def render_review(quiz: Quiz, sitting: Sitting, now: datetime, width: int) -> str:
    """The review sheet: each question with its answer, and how to go on."""
    lines: list[str] = []
    for index, name in enumerate(sitting.names):
        flag = "! " if name in sitting.flags else ""
        lines += wrap_text(f"{flag}{_format_given(quiz.find_question(name), sitting)}", width, f"{index + 1:>3}. ")
    blank = len(sitting.names) - len(sitting.answers)
    left = f" {describe_time_left(quiz, sitting, now)}." if find_end_time(sitting, quiz) else ""
    head = (
        f"Review: {len(sitting.answers)} answered, {blank} without an answer, {len(sitting.flags)} flagged (!).{left}"
    )
    keys = f"Type 1-{len(sitting.names)} to go to a question; submit to hand in; q save and quit"
    return join_blocks(wrap_text(head, width), lines, wrap_text(keys, width))


def _format_given(item: Question, sitting: Sitting) -> str:
    given = sitting.answers.get(item.id)
    if given is None:
        return "(no answer)"
    if isinstance(given, str):
        return escape_line(given)
    order = sitting.shown.options[item.id]
    # Letters as this student saw them; the shuffle gives everybody others.
    letters = " ".join(format_letter(order.index(name)) for name in order if name in given)
    return f"{letters}) {format_given_answer(item, given)}"
