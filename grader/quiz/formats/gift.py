"""Moodle's GIFT: one question after another, separated by blank lines, its seven control characters escaped.

Written so that Moodle and the GIFT grammar of gift-pegjs read the same: `[plain]` texts, no weights where `=` will do.
"""

from __future__ import annotations

import re

from grader.quiz.formats.losses import QuizExportError
from grader.quiz.formats.moodle import find_option_fractions
from grader.quiz.formats.plain import format_decimal, list_accepted_texts, split_interval
from grader.quiz.key import AnswerKey, CorrectAnswer
from grader.quiz.model import Question, Quiz
from grader.quiz.values import Interval

CAN = frozenset(["explain", "feedback", "partial net-correct"])
GIFT_CONTROLS = re.compile(r"[~=#{}:\\]")
# Readers use these for escaped characters, so a text can't hold them.
RESERVED_PATTERN = re.compile(r"&&0\d\d")


def render(quiz: Quiz, solutions: AnswerKey) -> bytes:
    """The quiz as GIFT.

    Raises:
        QuizExportError: a text or a number of correct options that GIFT has no way to write.
    """
    faults = [
        f'question "{question.id}" holds "{found[0]}", which GIFT reads as an escaped character'
        for question in quiz.questions
        if (found := RESERVED_PATTERN.search("\n".join(_list_texts(question, solutions[question.id]))))
    ]
    faults += [
        f'question "{question.id}" accepts "{text}", which GIFT reads as a pair to match'
        for question in quiz.questions
        if question.kind == "text"
        for text in list_accepted_texts(question, solutions[question.id])
        if "->" in text
    ]
    faults += [fault for q in quiz.questions for fault in find_option_fractions(q, solutions[q.id])[1]]
    if faults:
        raise QuizExportError("\n".join(faults))
    head = f"// {_render_comment(quiz.title)}\n\n$CATEGORY: {_render_comment(quiz.title).replace('/', '//')}\n"
    blocks = [head, *(_render_question(question, solutions[question.id]) for question in quiz.questions)]
    return "\n".join(blocks).encode()


def _render_comment(text: str) -> str:
    return " ".join(text.split())


def _list_texts(question: Question, solved: CorrectAnswer) -> list[str]:
    answer = solved.answer
    options = [option.text for option in question.options]
    return [question.prompt, *options, answer.explain, *answer.feedback.values(), *answer.correct]


def escape_gift(text: str) -> str:
    r"""A text with control characters escaped, and line ends so that no reader sees a blank line or a comment.

    >>> print(escape_gift("a=b" + chr(10) + chr(10) + "// c"))
    a\=b\n\n// c
    """
    safe = GIFT_CONTROLS.sub(lambda found: "\\" + found[0], text.replace("\t", "    ").strip())
    return re.sub(r" *\n(?=\s|//|\Z)|(?<=\\n)\n", r"\\n", safe)


def _escape_answer(text: str) -> str:
    """A text after `=` or `~`: what looks like a weight or a format is kept from being one."""
    safe = escape_gift(text)
    # A format mark in front ends the place where a weight or another format could be read.
    return f"[plain]{safe}" if safe[:1] in ("%", "[") else safe


def _render_feedback(text: str) -> str:
    return f"#{_escape_answer(text)}" if text.strip() else ""


def _render_question(question: Question, solved: CorrectAnswer) -> str:
    explain = solved.answer.explain.strip()
    general = f"\n####{_escape_answer(explain)}" if explain else ""
    return f"::{question.id}::[plain]{escape_gift(question.prompt)}{{{_render_answers(question, solved)}{general}\n}}\n"


def _render_answers(question: Question, solved: CorrectAnswer) -> str:
    if question.kind == "truefalse":
        return _render_true_false(solved)
    if question.kind == "numeric":
        return "#" + "".join(
            f"\n={_render_interval(interval)}" for interval in sorted(solved.numbers, key=lambda i: i.low)
        )
    if not question.choices:
        return "".join(
            # An asterisk would be a wildcard.
            f"\n={_escape_answer(text.replace('*', chr(92) + '*'))}" for text in list_accepted_texts(question, solved)
        )
    shares, _ = find_option_fractions(question, solved)
    lines = []
    for option in question.options:
        share = shares[option.id]
        # Readers take a question with a single `=` for one with one right option.
        sign = "=" if share == 100 and question.kind == "single" else "~"
        weight = "" if sign == "=" or share == 0 else f"%{format_decimal(share)}%"
        lines.append(
            f"\n{sign}{weight}{_escape_answer(option.text)}{_render_feedback(solved.answer.feedback.get(option.id, ''))}"
        )
    return "".join(lines)


def _render_true_false(solved: CorrectAnswer) -> str:
    """Moodle takes the first feedback for the wrong answer and the second for the right one."""
    right = next(iter(solved.options))
    wrong = "false" if right == "true" else "true"
    said = [solved.answer.feedback.get(name, "") for name in (wrong, right)]
    texts = "".join(f"#{_escape_answer(text)}" for text in said) if any(text.strip() for text in said) else ""
    return right.upper() + texts


def _render_interval(interval: Interval) -> str:
    number, spread = split_interval(interval)
    return number if spread == "0" else f"{number}:{spread}"
