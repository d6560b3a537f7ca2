"""A quiz as its author wrote it, and its key: plain frozen records, without files and without marking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct, field

from grader.yamltree import Duration, Percent

Kind = Literal["single", "multiple", "truefalse", "numeric", "text", "shape"]
Partial = Literal["off", "net-correct", "coverage", "each-answer"]
When = Literal["after_submit", "after_close", "never"]
CHOICES: tuple[Kind, ...] = ("single", "multiple", "truefalse")


class Option(Struct, frozen=True, kw_only=True):
    """One answer to choose; a pinned one ("all of the above") keeps its place in a shuffle."""

    id: str
    text: str
    pinned: bool = False


TRUE_FALSE = (Option(id="true", text="True"), Option(id="false", text="False"))


class Hint(Struct, frozen=True, kw_only=True):
    """A hint and the share of the question's points that it costs."""

    text: str
    cost: Percent = Percent(0)


class Question(Struct, frozen=True, kw_only=True):
    """One question, without its answer.

    `penalty` is the share of the points that a wrong answer loses; no answer loses nothing.
    """

    id: str
    kind: Kind
    prompt: str
    points: float = 1.0
    options: list[Option] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    partial: Partial = "off"
    penalty: Percent = Percent(0)
    shuffle: bool | None = None
    unit: str = ""

    @property
    def choices(self) -> Sequence[Option]:
        """What can be chosen: empty where an answer is typed."""
        return TRUE_FALSE if self.kind == "truefalse" else self.options

    def option(self, option_id: str) -> Option:
        return next(option for option in self.choices if option.id == option_id)


class Pool(Struct, frozen=True, kw_only=True):
    """Questions of which each student gets `pick`."""

    id: str
    pick: int
    questions: list[str]


class Shuffle(Struct, frozen=True, kw_only=True):
    questions: bool = False
    options: bool = False


class Review(Struct, frozen=True, kw_only=True):
    """When a student may see the score, the correct answers with their explanation, and the feedback."""

    score: When = "after_submit"
    correct: When = "after_close"
    feedback: When = "after_submit"


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
    shuffle: Shuffle = field(default_factory=Shuffle)
    pools: list[Pool] = field(default_factory=list)
    review: Review = field(default_factory=Review)
    time_limit: Duration | None = None
    closes: str | None = None

    def question(self, question_id: str) -> Question:
        return next(question for question in self.questions if question.id == question_id)


class Answer(Struct, frozen=True, kw_only=True):
    """What is correct for one question, as the key's author wrote it.

    `correct` holds option ids, or the accepted texts, shapes or number; `range` stands instead of it for a number.
    `tolerance` is `0.5` (absolute) or `1%` (of the correct value).
    """

    correct: list[str] = field(default_factory=list)
    tolerance: str | None = None
    range: list[str] | None = None
    case: bool = False
    explain: str = ""
    feedback: dict[str, str] = field(default_factory=dict)


class Key(Struct, frozen=True, kw_only=True):
    """The file `solutions/quizzes/<id>.yaml`, schema `grade-key/1`; students never hold it."""

    schema: Literal["grade-key/1"]
    quiz: str
    quiz_digest: str
    answers: dict[str, Answer]
