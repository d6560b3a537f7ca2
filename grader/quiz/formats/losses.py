"""Finds what another format can't express of a quiz; each format lists the features that it can."""

from __future__ import annotations

from collections.abc import Iterator

from grader.errors import UsageError
from grader.quiz.key import AnswerKey
from grader.quiz.model import Question, Quiz, ReviewPolicy
from grader.quiz.rich_text import has_formulas, list_pictures

# What a format may be able to say, and what a person reads where it can't.
FEATURE_TEXTS = {
    "attempts": "the number of attempts",
    "keep": "which attempt counts",
    "pass_mark": "the pass mark",
    "shuffle questions": "shuffled questions",
    "shuffle options": "shuffled options",
    "shuffle one": "shuffling that differs between questions",
    "pinned": "options that keep their place",
    "pools": "pools: all their questions are there",
    "review": "what students may see, and when",
    "time_limit": "the time limit",
    "closes": "the closing time",
    "description": "the description",
    "pictures": "pictures: their descriptions are in their place",
    "formulas": "formulas: they are there as they were typed",
    "points": "points",
    "partial off": "all or nothing: the other system gives partial credit of its own",
    "partial net-correct": "partial credit (net-correct)",
    "partial coverage": "partial credit (coverage)",
    "partial each-answer": "partial credit (each-answer)",
    "penalty": "points lost by wrong answers",
    "hints": "hints",
    "hint costs": "what hints cost",
    "unit": "the unit of a number",
    "case": "capitals that count in a text",
    "shape": "shapes: taken as texts, in the usual spellings",
    "texts": "our comparison of texts: the other system compares by its own rules",
    "explain": "explanations",
    "feedback": "feedback for options",
}


class QuizExportError(UsageError):
    """A quiz can't be written in a format; the message lists every reason."""


def list_losses(quiz: Quiz, solutions: AnswerKey, can: frozenset[str]) -> list[str]:
    """A line for each thing that is left out, with the questions that it concerns."""
    places: dict[str, list[str]] = {}
    for feature, place in (*_find_quiz_features(quiz), *_find_features_by_question(quiz, solutions)):
        if feature not in can:
            places.setdefault(feature, []).append(place)
    return [FEATURE_TEXTS[name] + _describe_places(places[name]) for name in FEATURE_TEXTS if name in places]


def _describe_places(places: list[str]) -> str:
    named = [place for place in places if place]
    if not named:
        return ""
    more = f" and {len(named) - 6} more" if len(named) > 6 else ""
    return f" ({', '.join(named[:6])}{more})"


def _find_quiz_features(quiz: Quiz) -> Iterator[tuple[str, str]]:
    set_ = {
        "attempts": quiz.attempts != 1,
        # With one attempt it makes no difference which one counts.
        "keep": quiz.attempts != 1,
        "pass_mark": True,
        "shuffle questions": quiz.shuffle.questions,
        "shuffle options": quiz.shuffle.options,
        "pools": bool(quiz.pools),
        "review": quiz.review != ReviewPolicy(),
        "time_limit": quiz.time_limit is not None,
        "closes": quiz.closes is not None,
        "description": bool(quiz.description.strip()),
    }
    yield from ((name, "") for name, there in set_.items() if there)


def _find_features_by_question(quiz: Quiz, solutions: AnswerKey) -> Iterator[tuple[str, str]]:
    for question in quiz.questions:
        yield from ((feature, question.id) for feature in _find_question_features(quiz, question, solutions))


def _find_question_features(quiz: Quiz, question: Question, solutions: AnswerKey) -> Iterator[str]:
    answer = solutions[question.id].answer
    several = question.kind == "multiple"
    set_ = {
        "pictures": bool(list_pictures(question)),
        "formulas": has_formulas(question),
        "points": question.points != 1,
        "shuffle one": bool(question.options) and question.shuffle not in (None, quiz.shuffle.options),
        "pinned": is_shuffled(quiz, question) and any(option.pinned for option in question.options),
        f"partial {question.partial}": several,
        "penalty": question.penalty > 0,
        "hints": bool(question.hints),
        "hint costs": any(hint.cost for hint in question.hints),
        "unit": bool(question.unit),
        "case": answer.case,
        "shape": question.kind == "shape",
        "texts": question.kind == "text",
        "explain": bool(answer.explain),
        "feedback": bool(answer.feedback),
    }
    yield from (name for name, there in set_.items() if there)


def is_shuffled(quiz: Quiz, question: Question) -> bool:
    """Whether a question's options are shuffled."""
    wanted = quiz.shuffle.options if question.shuffle is None else question.shuffle
    return wanted and bool(question.options)
