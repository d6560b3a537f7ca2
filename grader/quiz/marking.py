"""Marks one attempt against the key: pure, exact, the same for a regrade; it knows nothing of files or screens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from grader.quiz.drawing import drawn
from grader.quiz.key import Solutions, Solved
from grader.quiz.model import CHOICES, Partial, Question, Quiz
from grader.quiz.responses import Given, Responses
from grader.quiz.values import number, shape, words

Outcome = Literal["right", "partly", "wrong", "unanswered"]
# Points are rounded to this many decimals, so that thirds add up to what people expect.
DECIMALS = 6


class Mark(Struct, frozen=True, kw_only=True):
    """What one question earned.

    `fraction` is what the answer is worth, from -1 to 1, before hints; `points` is after them.
    """

    question: str
    outcome: Outcome
    fraction: float
    points: float
    max_points: float
    given: Given = None
    hints: int = 0


class Marked(Struct, frozen=True, kw_only=True):
    """One attempt, marked; a total below 0 counts as 0."""

    quiz: str
    student: str
    attempt: int
    score: float
    max_score: float
    passed: bool
    marks: list[Mark]


def mark(quiz: Quiz, solutions: Solutions, responses: Responses, asked: Sequence[str] | None = None) -> Marked:
    """Marks the questions that this student was drawn; answers to others earn nothing.

    Args:
        asked: the questions that another system drew.
    """
    names = drawn(quiz, responses.student, responses.attempt) if asked is None else asked
    questions = {question.id: question for question in quiz.questions}
    marks = [
        mark_one(questions[name], solutions[name], responses.answers.get(name), responses.hints.get(name, 0))
        for name in names
        if name in questions
    ]
    score = round(max(0.0, sum(item.points for item in marks)), DECIMALS)
    max_score = round(sum(item.max_points for item in marks), DECIMALS)
    return Marked(
        quiz=quiz.id,
        student=responses.student,
        attempt=responses.attempt,
        score=score,
        max_score=max_score,
        passed=score + 1e-9 >= quiz.pass_mark * max_score,
        marks=marks,
    )


def mark_one(question: Question, solved: Solved, given: Given, hints: int = 0) -> Mark:
    """Marks one answer.

    A wrong answer loses the question's penalty, no answer nothing; hints take from what was earned, never below 0.
    """
    fraction = 0.0 if given is None else earned(question, solved, given)
    outcome = _outcome(given, fraction)
    worth = 0.0 - question.penalty if outcome == "wrong" else fraction
    cost = sum(hint.cost for hint in question.hints[:hints])
    kept = max(0.0, worth - cost) if worth > 0 else worth
    return Mark(
        question=question.id,
        outcome=outcome,
        fraction=round(worth, DECIMALS),
        points=round(kept * question.points, DECIMALS),
        max_points=question.points,
        given=given,
        hints=hints,
    )


def _outcome(given: Given, fraction: float) -> Outcome:
    if given is None:
        return "unanswered"
    if fraction <= 0:
        return "wrong"
    return "right" if fraction >= 1 else "partly"


def earned(question: Question, solved: Solved, given: list[str] | str) -> float:
    """The share that an answer is worth, from 0 to 1, before penalty and hints."""
    if question.kind in CHOICES:
        chosen = frozenset([given] if isinstance(given, str) else given)
        return SHARES[question.partial](chosen, solved.options, len(question.choices))
    text = given if isinstance(given, str) else " ".join(given)
    return float(_typed(question, solved, text))


def _typed(question: Question, solved: Solved, text: str) -> bool:
    if question.kind == "numeric":
        value = number(text.strip().removesuffix(question.unit) if question.unit else text)
        return value is not None and any(value in interval for interval in solved.numbers)
    if question.kind == "shape":
        return shape(text) in solved.shapes
    return words(text, case=solved.answer.case) in solved.texts


def all_or_nothing(chosen: frozenset[str], correct: frozenset[str], _options: int) -> float:
    """1 where exactly the correct options were chosen."""
    return float(chosen == correct)


def net_correct(chosen: frozenset[str], correct: frozenset[str], _options: int) -> float:
    """Correct choices less wrong ones, of all correct ones; not below 0.

    >>> net_correct(frozenset("abx"), frozenset("ab"), 5)
    0.5
    """
    return max(0, len(chosen & correct) - len(chosen - correct)) / len(correct)


def coverage(chosen: frozenset[str], correct: frozenset[str], _options: int) -> float:
    """The share of the correct options that was chosen, times the share of the choices that is correct.

    Choosing everything so earns little.

    >>> coverage(frozenset("abcd"), frozenset("ab"), 4)
    0.5
    """
    hits = len(chosen & correct)
    return hits / len(correct) * hits / len(chosen)


def each_answer(chosen: frozenset[str], correct: frozenset[str], options: int) -> float:
    """The share of the options that were rightly chosen or rightly left.

    >>> each_answer(frozenset("ax"), frozenset("ab"), 4)
    0.5
    """
    return (options - len(chosen ^ correct)) / options


SHARES: Mapping[Partial, Callable[[frozenset[str], frozenset[str], int], float]] = {
    "off": all_or_nothing,
    "net-correct": net_correct,
    "coverage": coverage,
    "each-answer": each_answer,
}
