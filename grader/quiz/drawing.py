"""Which questions a student gets and in which order: the same on every machine, without any secret or stored seed."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import msgspec
from msgspec import Struct, field

from grader.quiz.model import Question, Quiz


class Shown(Struct, frozen=True, kw_only=True):
    """What a student saw: question ids in their order, and the option ids of each in theirs."""

    questions: list[str] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)


def rank(quiz: Quiz, student: str, attempt: int, *names: str) -> bytes:
    """Where something stands in a student's shuffle.

    An HMAC (RFC 2104) of the question and option under course, quiz, version, student and attempt.
    """
    who = msgspec.json.encode([quiz.course, quiz.id, quiz.version, student, attempt])
    return hmac.digest(who, msgspec.json.encode(names), "sha256")


def drawn(quiz: Quiz, student: str, attempt: int) -> list[str]:
    """The questions that a student gets, in the file's order: all but those that a pool leaves out."""
    left_out: set[str] = set()
    for pool in quiz.pools:
        ranked = sorted(pool.questions, key=lambda name: rank(quiz, student, attempt, "pool", pool.id, name))
        left_out.update(ranked[pool.pick :])
    return [question.id for question in quiz.questions if question.id not in left_out]


def shown(quiz: Quiz, student: str, attempt: int) -> Shown:
    """The questions and options in the order in which a student sees them."""
    names = drawn(quiz, student, attempt)
    if quiz.shuffle.questions:
        names.sort(key=lambda name: rank(quiz, student, attempt, name))
    options = {name: _options(quiz, quiz.question(name), student, attempt) for name in names}
    return Shown(questions=names, options={name: ids for name, ids in options.items() if ids})


def _options(quiz: Quiz, question: Question, student: str, attempt: int) -> list[str]:
    """Shuffled but for the pinned ones; true and false are never shuffled."""
    wanted = quiz.shuffle.options if question.shuffle is None else question.shuffle
    ids: Sequence[str] = [option.id for option in question.choices]
    if not wanted or question.kind == "truefalse":
        return list(ids)
    free = [option.id for option in question.choices if not option.pinned]
    free.sort(key=lambda name: rank(quiz, student, attempt, question.id, name))
    moved = iter(free)
    return [option.id if option.pinned else next(moved) for option in question.choices]
