"""One attempt while it is being taken: what was shown, answered, flagged and opened; every step makes a new record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct, field

from grader.errors import UsageError
from grader.quiz.drawing import Shown, shown
from grader.quiz.loading import closing, digest
from grader.quiz.model import Quiz
from grader.quiz.responses import Given, Responses


class Sitting(Struct, frozen=True, kw_only=True):
    """An attempt in progress, or handed in; `position` is the place of the question on the screen."""

    schema: Literal["grade-sitting/1"] = "grade-sitting/1"
    quiz: str
    quiz_digest: str
    student: str
    attempt: int
    started: datetime
    shown: Shown
    position: int = 0
    answers: dict[str, list[str] | str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    hints: dict[str, int] = field(default_factory=dict)
    submitted: datetime | None = None

    @property
    def names(self) -> list[str]:
        """The questions in the order in which they are shown."""
        return self.shown.questions


def start(quiz: Quiz, student: str, attempt: int, now: datetime) -> Sitting:
    """A new attempt, with its own draw and shuffle."""
    return Sitting(
        quiz=quiz.id,
        quiz_digest=digest(quiz),
        student=student,
        attempt=attempt,
        started=now,
        shown=shown(quiz, student, attempt),
    )


def check_fits(sitting: Sitting, quiz: Quiz) -> None:
    """Raises: UsageError: the quiz has other questions or options now than when the attempt began."""
    questions = {question.id: question for question in quiz.questions}
    for name in sitting.names:
        known = questions.get(name)
        if known is None or {option.id for option in known.choices} != set(sitting.shown.options.get(name, [])):
            raise UsageError(
                f'the quiz has changed since attempt {sitting.attempt} began: question "{name}" is another one now; '
                "ask your instructor, the answers so far are kept"
            )


def deadline(sitting: Sitting, quiz: Quiz) -> datetime | None:
    """When the attempt ends by itself: its time limit or the quiz's closing, whichever is first."""
    limit = None if quiz.time_limit is None else sitting.started + timedelta(seconds=quiz.time_limit)
    ends = [end for end in (limit, closing(quiz)) if end is not None]
    return min(ends, default=None)


def answered(sitting: Sitting, name: str, given: Given) -> Sitting:
    """With an answer; None takes it away."""
    rest = {known: value for known, value in sitting.answers.items() if known != name}
    return msgspec.structs.replace(sitting, answers=rest if given is None else {**rest, name: given})


def flagged(sitting: Sitting, name: str) -> Sitting:
    """With the question's flag set, or taken away if it was."""
    flags = [flag for flag in sitting.flags if flag != name]
    return msgspec.structs.replace(sitting, flags=flags if name in sitting.flags else [*flags, name])


def hinted(sitting: Sitting, name: str) -> Sitting:
    """With one more hint opened."""
    return msgspec.structs.replace(sitting, hints={**sitting.hints, name: sitting.hints.get(name, 0) + 1})


def moved(sitting: Sitting, position: int) -> Sitting:
    """At another question; past the last one is the review sheet."""
    return msgspec.structs.replace(sitting, position=max(0, min(position, len(sitting.names))))


def handed_in(sitting: Sitting, now: datetime) -> Sitting:
    return msgspec.structs.replace(sitting, submitted=now)


def responses(sitting: Sitting) -> Responses:
    """What is handed in."""
    return Responses(
        schema="grade-responses/1",
        quiz=sitting.quiz,
        student=sitting.student,
        attempt=sitting.attempt,
        answers={name: sitting.answers.get(name) for name in sitting.names},
        hints=sitting.hints,
        quiz_digest=sitting.quiz_digest,
        shown=sitting.shown,
        started=sitting.started.isoformat(timespec="seconds"),
        submitted=sitting.submitted.isoformat(timespec="seconds") if sitting.submitted else None,
    )
