"""A quiz as its author wrote it, and its key: plain frozen records, without files and without marking."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct, field

from grader.courses.yaml_tree import Duration, Percent

QuestionKind = Literal["single", "multiple", "truefalse", "numeric", "text", "shape"]
PartialCredit = Literal["off", "net-correct", "coverage", "each-answer"]
ReviewTime = Literal["after_submit", "after_close", "never"]
CHOICE_KINDS: tuple[QuestionKind, ...] = ("single", "multiple", "truefalse")


class AnswerOption(Struct, frozen=True, kw_only=True):
    """One answer to choose; a pinned one ("all of the above") keeps its place in a shuffle."""

    id: str
    text: str
    pinned: bool = False


TRUE_FALSE_OPTIONS = (AnswerOption(id="true", text="True"), AnswerOption(id="false", text="False"))


class QuestionHint(Struct, frozen=True, kw_only=True):
    """A hint and the share of the question's points that it costs."""

    text: str
    cost: Percent = Percent(0)


class Question(Struct, frozen=True, kw_only=True):
    """One question, without its answer.

    `penalty` is the share of the points that a wrong answer loses; no answer loses nothing.
    """

    id: str
    kind: QuestionKind
    prompt: str
    points: float = 1.0
    options: list[AnswerOption] = field(default_factory=list)
    hints: list[QuestionHint] = field(default_factory=list)
    partial: PartialCredit = "off"
    penalty: Percent = Percent(0)
    shuffle: bool | None = None
    unit: str = ""

    @property
    def choices(self) -> Sequence[AnswerOption]:
        """What can be chosen: empty where an answer is typed."""
        return TRUE_FALSE_OPTIONS if self.kind == "truefalse" else self.options

    def find_option(self, option_id: str) -> AnswerOption:
        return next(option for option in self.choices if option.id == option_id)


class QuestionPool(Struct, frozen=True, kw_only=True):
    """Questions of which each student gets `pick`."""

    id: str
    pick: int
    questions: list[str]


class ShuffleSettings(Struct, frozen=True, kw_only=True):
    questions: bool = False
    options: bool = False


class ReviewPolicy(Struct, frozen=True, kw_only=True):
    """When a student may see the score, the correct answers with their explanation, and the feedback.

    `practice` is when the quiz may be practised, which shows whether each answer is right; `after_close` without a closing
    time is never.
    """

    score: ReviewTime = "after_submit"
    correct: ReviewTime = "after_close"
    feedback: ReviewTime = "after_submit"
    practice: Literal["always", "after_close", "never"] = "after_close"


class Quiz(Struct, frozen=True, kw_only=True):
    """The file `quizzes/<id>.yaml`, schema `grade-quiz/1`; `version` changes every draw and shuffle."""

    schema: Literal["grade-quiz/1"]
    id: str
    title: str
    questions: list[Question]
    course: str = ""
    version: str = "1"
    description: str = ""
    attempts: int = 1
    keep: Literal["best", "last"] = "best"
    pass_mark: Percent = Percent(0.6)
    shuffle: ShuffleSettings = field(default_factory=ShuffleSettings)
    pools: list[QuestionPool] = field(default_factory=list)
    review: ReviewPolicy = field(default_factory=ReviewPolicy)
    time_limit: Duration | None = None
    closes: str | None = None

    def find_question(self, question_id: str) -> Question:
        return next(question for question in self.questions if question.id == question_id)


class AuthoredAnswer(Struct, frozen=True, kw_only=True):
    """What is correct for one question, as the key's author wrote it.

    `correct` holds option ids, or the accepted texts, shapes or number; a number may have `range` instead.
    `tolerance` is `0.5` (absolute) or `1%` (of the correct value).
    """

    correct: list[str] = field(default_factory=list)
    tolerance: str | None = None
    range: list[str] | None = None
    case: bool = False
    explain: str = ""
    feedback: dict[str, str] = field(default_factory=dict)


class QuizKey(Struct, frozen=True, kw_only=True):
    """The file `solutions/quizzes/<id>.yaml`, schema `grade-key/1`; students never hold it."""

    schema: Literal["grade-key/1"]
    quiz: str
    quiz_digest: str
    answers: dict[str, AuthoredAnswer]


class ShownOrder(Struct, frozen=True, kw_only=True):
    """What a student saw: question ids in their order, and the option ids of each in theirs."""

    questions: list[str] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)


def compute_shuffle_rank(quiz: Quiz, student: str, attempt: int, *names: str) -> bytes:
    """Computes the rank of a question or option in a student's shuffle.

    An HMAC (RFC 2104) of the question and option under course, quiz, version, student and attempt.
    """
    # As JSON, so that no two different lists of names join to the same text.
    who = msgspec.json.encode([quiz.course, quiz.id, quiz.version, student, attempt])
    # Not Python's `random`, whose draws may change between versions: a regrade has to repeat the draw.
    return hmac.digest(who, msgspec.json.encode(names), "sha256")


def draw_questions(quiz: Quiz, student: str, attempt: int) -> list[str]:
    """The questions that a student gets, in the file's order: all but those that a pool leaves out."""
    left_out: set[str] = set()
    for pool in quiz.pools:
        # Ranked per question, so that adding a question to the pool changes few students' draws.
        ranked = sorted(
            pool.questions, key=lambda name: compute_shuffle_rank(quiz, student, attempt, "pool", pool.id, name)
        )
        left_out.update(ranked[pool.pick :])
    return [question.id for question in quiz.questions if question.id not in left_out]


def draw_shown_order(quiz: Quiz, student: str, attempt: int) -> ShownOrder:
    """The questions and options in the order in which a student sees them."""
    names = draw_questions(quiz, student, attempt)
    if quiz.shuffle.questions:
        names.sort(key=lambda name: compute_shuffle_rank(quiz, student, attempt, name))
    options = {name: _shuffle_options(quiz, quiz.find_question(name), student, attempt) for name in names}
    return ShownOrder(questions=names, options={name: ids for name, ids in options.items() if ids})


def _shuffle_options(quiz: Quiz, question: Question, student: str, attempt: int) -> list[str]:
    """Shuffled but for the pinned ones; true and false are never shuffled."""
    wanted = quiz.shuffle.options if question.shuffle is None else question.shuffle
    ids: Sequence[str] = [option.id for option in question.choices]
    if not wanted or question.kind == "truefalse":
        return list(ids)
    free = [option.id for option in question.choices if not option.pinned]
    free.sort(key=lambda name: compute_shuffle_rank(quiz, student, attempt, question.id, name))
    moved = iter(free)
    return [option.id if option.pinned else next(moved) for option in question.choices]
