"""Marks one attempt against the key: pure, exact, the same for a regrade; it knows nothing of files or screens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from grader.quiz.key import AnswerKey, CorrectAnswer
from grader.quiz.model import CHOICE_KINDS, PartialCredit, Question, Quiz, draw_questions
from grader.quiz.responses import GivenAnswer, Responses
from grader.quiz.values import normalize_text, parse_number, parse_shape

AnswerOutcome = Literal["right", "partly", "wrong", "unanswered"]
# Points are rounded to this many decimals, so that thirds add up to what people expect.
POINT_DECIMALS = 6


class QuestionMark(Struct, frozen=True, kw_only=True):
    """What one question earned.

    `fraction` is what the answer is worth, from -1 to 1, before hints; `points` is after them.
    """

    question: str
    outcome: AnswerOutcome
    fraction: float
    points: float
    max_points: float
    given: GivenAnswer = None
    hints: int = 0


class MarkedAttempt(Struct, frozen=True, kw_only=True):
    """One attempt, marked; a total below 0 counts as 0."""

    quiz: str
    student: str
    attempt: int
    score: float
    max_score: float
    passed: bool
    marks: list[QuestionMark]


def mark_attempt(
    quiz: Quiz, solutions: AnswerKey, responses: Responses, asked: Sequence[str] | None = None
) -> MarkedAttempt:
    """Marks the questions that this student was drawn; answers to others earn nothing.

    Args:
        asked: the questions that another system drew.
    """
    # Drawn again instead of read from the file: a student could name easier questions there.
    names = draw_questions(quiz, responses.student, responses.attempt) if asked is None else asked
    questions = {question.id: question for question in quiz.questions}
    marks = [
        mark_answer(questions[name], solutions[name], responses.answers.get(name), responses.hints.get(name, 0))
        for name in names
        if name in questions
    ]
    # Penalties may exceed what was earned; a total below zero would lower other quizzes' points.
    score = round(max(0.0, sum(item.points for item in marks)), POINT_DECIMALS)
    max_score = round(sum(item.max_points for item in marks), POINT_DECIMALS)
    return MarkedAttempt(
        quiz=quiz.id,
        student=responses.student,
        attempt=responses.attempt,
        score=score,
        max_score=max_score,
        # Rounded sums may miss the mark by less than anybody can see.
        passed=score + 1e-9 >= quiz.pass_mark * max_score,
        marks=marks,
    )


def mark_answer(question: Question, solved: CorrectAnswer, given: GivenAnswer, hints: int = 0) -> QuestionMark:
    """Marks one answer.

    A wrong answer loses the question's penalty, no answer nothing; hints take from what was earned, never below 0.
    """
    fraction = 0.0 if given is None else compute_answer_share(question, solved, given)
    outcome = _judge_outcome(given, fraction)
    # Not `-question.penalty`, which would be -0.0 for questions without a penalty.
    worth = 0.0 - question.penalty if outcome == "wrong" else fraction
    cost = sum(hint.cost for hint in question.hints[:hints])
    # A hint can cost what was earned, but never makes a wrong answer worse.
    kept = max(0.0, worth - cost) if worth > 0 else worth
    return QuestionMark(
        question=question.id,
        outcome=outcome,
        fraction=round(worth, POINT_DECIMALS),
        points=round(kept * question.points, POINT_DECIMALS),
        max_points=question.points,
        given=given,
        hints=hints,
    )


def _judge_outcome(given: GivenAnswer, fraction: float) -> AnswerOutcome:
    if given is None:
        return "unanswered"
    if fraction <= 0:
        return "wrong"
    return "right" if fraction >= 1 else "partly"


def compute_answer_share(question: Question, solved: CorrectAnswer, given: list[str] | str) -> float:
    """The share that an answer is worth, from 0 to 1, before penalty and hints."""
    if question.kind in CHOICE_KINDS:
        chosen = frozenset([given] if isinstance(given, str) else given)
        # As a set: naming an option twice earns nothing more.
        return PARTIAL_CREDIT_RULES[question.partial](chosen, solved.options, len(question.choices))
    text = given if isinstance(given, str) else " ".join(given)
    return float(_is_typed_correct(question, solved, text))


def _is_typed_correct(question: Question, solved: CorrectAnswer, text: str) -> bool:
    if question.kind == "numeric":
        value = parse_number(text.strip().removesuffix(question.unit) if question.unit else text)
        return value is not None and any(value in interval for interval in solved.numbers)
    if question.kind == "shape":
        return parse_shape(text) in solved.shapes
    return normalize_text(text, case=solved.answer.case) in solved.texts


def mark_all_or_nothing(chosen: frozenset[str], correct: frozenset[str], _options: int) -> float:
    """1 where exactly the correct options were chosen."""
    return float(chosen == correct)


def mark_net_correct(chosen: frozenset[str], correct: frozenset[str], _options: int) -> float:
    """Correct choices less wrong ones, of all correct ones; not below 0.

    >>> mark_net_correct(frozenset("abx"), frozenset("ab"), 5)
    0.5
    """
    return max(0, len(chosen & correct) - len(chosen - correct)) / len(correct)


def mark_coverage(chosen: frozenset[str], correct: frozenset[str], _options: int) -> float:
    """The share of the correct options that was chosen, times the share of the choices that is correct.

    Choosing everything so earns little.

    >>> mark_coverage(frozenset("abcd"), frozenset("ab"), 4)
    0.5
    """
    hits = len(chosen & correct)
    return hits / len(correct) * hits / len(chosen)


def mark_each_answer(chosen: frozenset[str], correct: frozenset[str], options: int) -> float:
    """The share of the options that were rightly chosen or rightly left.

    >>> mark_each_answer(frozenset("ax"), frozenset("ab"), 4)
    0.5
    """
    return (options - len(chosen ^ correct)) / options


PARTIAL_CREDIT_RULES: Mapping[PartialCredit, Callable[[frozenset[str], frozenset[str], int], float]] = {
    "off": mark_all_or_nothing,
    "net-correct": mark_net_correct,
    "coverage": mark_coverage,
    "each-answer": mark_each_answer,
}
