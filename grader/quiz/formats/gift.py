"""Moodle's GIFT: one question after another, separated by blank lines, its seven control characters escaped.

Written so that Moodle and the GIFT grammar of gift-pegjs read the same: `[plain]` texts, no weights where `=` will do.
"""

from __future__ import annotations

import re

from grader.quiz.formats.losses import ExportError
from grader.quiz.formats.moodle import fractions
from grader.quiz.formats.plain import decimal, middle, typed
from grader.quiz.key import Solutions, Solved
from grader.quiz.model import Question, Quiz
from grader.quiz.values import Interval

CAN = frozenset(["explain", "feedback", "partial net-correct"])
CONTROL = re.compile(r"[~=#{}:\\]")
# Readers use these for escaped characters, so a text can't hold them.
RESERVED = re.compile(r"&&0\d\d")


def render(quiz: Quiz, solutions: Solutions) -> bytes:
    """The quiz as GIFT.

    Raises:
        ExportError: a text or a number of correct options that GIFT has no way to write.
    """
    faults = [
        f'question "{question.id}" holds "{found[0]}", which GIFT reads as an escaped character'
        for question in quiz.questions
        if (found := RESERVED.search("\n".join(_texts(question, solutions[question.id]))))
    ]
    faults += [
        f'question "{question.id}" accepts "{text}", which GIFT reads as a pair to match'
        for question in quiz.questions
        if question.kind == "text"
        for text in typed(question, solutions[question.id])
        if "->" in text
    ]
    faults += [fault for q in quiz.questions for fault in fractions(q, solutions[q.id])[1]]
    if faults:
        raise ExportError("\n".join(faults))
    head = f"// {_comment(quiz.title)}\n\n$CATEGORY: {_comment(quiz.title).replace('/', '//')}\n"
    blocks = [head, *(_question(question, solutions[question.id]) for question in quiz.questions)]
    return "\n".join(blocks).encode()


def _comment(text: str) -> str:
    return " ".join(text.split())


def _texts(question: Question, solved: Solved) -> list[str]:
    answer = solved.answer
    options = [option.text for option in question.options]
    return [question.prompt, *options, answer.explain, *answer.feedback.values(), *answer.correct]


def escaped(text: str) -> str:
    r"""A text with control characters escaped, and line ends so that no reader sees a blank line or a comment.

    >>> print(escaped("a=b" + chr(10) + chr(10) + "// c"))
    a\=b\n\n// c
    """
    safe = CONTROL.sub(lambda found: "\\" + found[0], text.replace("\t", "    ").strip())
    return re.sub(r" *\n(?=\s|//|\Z)|(?<=\\n)\n", r"\\n", safe)


def _answer(text: str) -> str:
    """A text after `=` or `~`: what looks like a weight or a format is kept from being one."""
    safe = escaped(text)
    return f"[plain]{safe}" if safe[:1] in ("%", "[") else safe


def _feedback(text: str) -> str:
    return f"#{_answer(text)}" if text.strip() else ""


def _question(question: Question, solved: Solved) -> str:
    explain = solved.answer.explain.strip()
    general = f"\n####{_answer(explain)}" if explain else ""
    return f"::{question.id}::[plain]{escaped(question.prompt)}{{{_answers(question, solved)}{general}\n}}\n"


def _answers(question: Question, solved: Solved) -> str:
    if question.kind == "truefalse":
        return _true_false(solved)
    if question.kind == "numeric":
        return "#" + "".join(f"\n={_number(interval)}" for interval in sorted(solved.numbers, key=lambda i: i.low))
    if not question.choices:
        return "".join(f"\n={_answer(text.replace('*', chr(92) + '*'))}" for text in typed(question, solved))
    shares, _ = fractions(question, solved)
    lines = []
    for option in question.options:
        share = shares[option.id]
        sign = "=" if share == 100 and question.kind == "single" else "~"
        weight = "" if sign == "=" or share == 0 else f"%{decimal(share)}%"
        lines.append(f"\n{sign}{weight}{_answer(option.text)}{_feedback(solved.answer.feedback.get(option.id, ''))}")
    return "".join(lines)


def _true_false(solved: Solved) -> str:
    """Moodle takes the first feedback for the wrong answer and the second for the right one."""
    right = next(iter(solved.options))
    wrong = "false" if right == "true" else "true"
    said = [solved.answer.feedback.get(name, "") for name in (wrong, right)]
    texts = "".join(f"#{_answer(text)}" for text in said) if any(text.strip() for text in said) else ""
    return right.upper() + texts


def _number(interval: Interval) -> str:
    number, spread = middle(interval)
    return number if spread == "0" else f"{number}:{spread}"
