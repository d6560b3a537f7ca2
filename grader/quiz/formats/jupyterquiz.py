"""JupyterQuiz's JSON: questions that a notebook shows and marks by itself; the answers lie open in the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from grader.quiz.formats.plain import convert_to_html, format_decimal, is_correct_option, list_accepted_texts
from grader.quiz.key import AnswerKey, CorrectAnswer
from grader.quiz.model import Question, Quiz

CAN = frozenset(["explain", "feedback", "case", "formulas"])  # it sets $…$ by MathJax


def render(quiz: Quiz, solutions: AnswerKey) -> bytes:
    """The quiz as a list of questions."""
    questions = [_build_question(question, solutions[question.id]) for question in quiz.questions]
    return msgspec.json.format(msgspec.json.encode(questions), indent=2) + b"\n"


def _build_question(question: Question, solved: CorrectAnswer) -> dict[str, Any]:
    kind = {"multiple": "many_choice", "numeric": "numeric", "text": "string", "shape": "string"}
    return {
        "question": convert_to_html(question.prompt),
        "type": kind.get(question.kind, "multiple_choice"),
        "answers": list(_build_answers(question, solved)),
    }


def _build_answers(question: Question, solved: CorrectAnswer) -> Iterator[dict[str, Any]]:
    explain = solved.answer.explain.strip()
    praise = convert_to_html(f"Correct. {explain}".strip())
    if question.kind == "numeric":
        for interval in sorted(solved.numbers, key=lambda interval: interval.low):
            yield from _build_ranges(interval.low, interval.high, praise)
    elif question.choices:
        for option in question.choices:
            right = is_correct_option(question, solved, option.id)
            said = [solved.answer.feedback.get(option.id, "").strip(), explain if right else ""]
            text = " ".join(part for part in said if part) or ("Correct." if right else "Incorrect.")
            yield {"answer": convert_to_html(option.text), "correct": right, "feedback": convert_to_html(text)}
    else:
        for text in list_accepted_texts(question, solved):
            yield {"answer": text, "correct": True, "feedback": praise, "match_case": solved.answer.case}


def _build_ranges(low: Any, high: Any, praise: str) -> Iterator[dict[str, Any]]:
    """A range without its upper end, as JupyterQuiz reads ranges, and that end."""
    # Through JSON's own number form, so that a decimal stays as it was written.
    ends = [msgspec.json.decode(format_decimal(end)) for end in (low, high)]
    if low != high:
        yield {"type": "range", "range": ends, "correct": True, "feedback": praise}
    yield {"type": "value", "value": ends[1], "correct": True, "feedback": praise}
