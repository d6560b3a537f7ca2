"""One sitting of a quiz in the terminal, and the small file that keeps it until it is handed in."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

import msgspec
import platformdirs
from filelock import FileLock, Timeout
from msgspec import Struct, field

from grader.errors import UsageError
from grader.quiz.loading import hash_quiz, parse_closing_time
from grader.quiz.model import Quiz, ShownOrder, draw_shown_order
from grader.quiz.responses import GivenAnswer, Responses
from grader.stores.filing import write_whole


class Sitting(Struct, frozen=True, kw_only=True):
    """An attempt in progress, or handed in; `position` is the place of the question on the screen."""

    schema: Literal["grade-sitting/1"] = "grade-sitting/1"
    quiz: str
    quiz_digest: str
    student: str
    attempt: int
    started: datetime
    shown: ShownOrder
    position: int = 0
    answers: dict[str, list[str] | str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    hints: dict[str, int] = field(default_factory=dict)
    submitted: datetime | None = None

    @property
    def names(self) -> list[str]:
        """The questions in the order in which they are shown."""
        return self.shown.questions


def start_sitting(quiz: Quiz, student: str, attempt: int, now: datetime) -> Sitting:
    """A new attempt, with its own draw and shuffle."""
    return Sitting(
        quiz=quiz.id,
        quiz_digest=hash_quiz(quiz),
        student=student,
        attempt=attempt,
        started=now,
        shown=draw_shown_order(quiz, student, attempt),
    )


def check_fits(sitting: Sitting, quiz: Quiz) -> None:
    """Raises: UsageError: the quiz has other questions or options now than when the attempt began."""
    questions = {question.id: question for question in quiz.questions}
    for name in sitting.names:
        known = questions.get(name)
        # Answers are stored by id: with other options they could mean something else.
        if known is None or {option.id for option in known.choices} != set(sitting.shown.options.get(name, [])):
            raise UsageError(
                f'the quiz has changed since attempt {sitting.attempt} began: question "{name}" has changed; '
                "ask your instructor, the answers so far are kept"
            )


def find_end_time(sitting: Sitting, quiz: Quiz) -> datetime | None:
    """When the attempt ends by itself: its time limit or the quiz's closing, whichever is first."""
    limit = None if quiz.time_limit is None else sitting.started + timedelta(seconds=quiz.time_limit)
    ends = [end for end in (limit, parse_closing_time(quiz)) if end is not None]
    return min(ends, default=None)


def record_answer(sitting: Sitting, name: str, given: GivenAnswer) -> Sitting:
    """With an answer; None takes it away."""
    rest = {known: value for known, value in sitting.answers.items() if known != name}
    return msgspec.structs.replace(sitting, answers=rest if given is None else {**rest, name: given})


def change_flag(sitting: Sitting, name: str) -> Sitting:
    """With the question's flag set, or taken away if it was."""
    flags = [flag for flag in sitting.flags if flag != name]
    return msgspec.structs.replace(sitting, flags=flags if name in sitting.flags else [*flags, name])


def open_hint(sitting: Sitting, name: str) -> Sitting:
    """With one more hint opened."""
    return msgspec.structs.replace(sitting, hints={**sitting.hints, name: sitting.hints.get(name, 0) + 1})


def move_to(sitting: Sitting, position: int) -> Sitting:
    """At another question; past the last one is the review sheet."""
    return msgspec.structs.replace(sitting, position=max(0, min(position, len(sitting.names))))


def submit_sitting(sitting: Sitting, now: datetime) -> Sitting:
    return msgspec.structs.replace(sitting, submitted=now)


def build_responses(sitting: Sitting) -> Responses:
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


class AttemptKeeper(Protocol):
    """Where one student's attempts at one quiz are kept: files for the terminal, a database for a class."""

    def lock_attempts(self) -> AbstractContextManager[None]: ...
    def list_attempts(self) -> list[Sitting]: ...
    def save_attempt(self, sitting: Sitting) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStore:
    """The folder with one student's attempts at one quiz."""

    folder: Path

    def build_path(self, attempt: int) -> Path:
        return self.folder / f"attempt-{attempt}.json"

    def list_attempts(self) -> list[Sitting]:
        """Every attempt so far, in order.

        Raises:
            UsageError: one can't be read.
        """
        found = [self._read_attempt(path) for path in self.folder.glob("attempt-*.json")]
        return sorted(found, key=lambda sitting: sitting.attempt)

    def _read_attempt(self, path: Path) -> Sitting:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Sitting)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} can't be read ({error}); move it away to start this attempt again") from error

    def save_attempt(self, sitting: Sitting) -> None:
        """Writes an attempt so that a killed terminal or a power cut leaves the old or the new one, never half.

        Raises:
            UsageError: it can't be written.
        """
        try:
            write_whole(self.build_path(sitting.attempt), msgspec.json.encode(sitting), durable=True)
        except OSError as error:
            raise UsageError(f"your answers can't be saved in {self.folder}: {error.strerror}") from error

    @contextmanager
    def lock_attempts(self) -> Iterator[None]:
        """Holds the folder for this terminal.

        Raises:
            UsageError: another terminal has it, or it can't be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # No waiting: the other terminal may stay open for hours.
            lock = FileLock(self.folder / "lock", timeout=0, mode=0o600).acquire()
        except Timeout as error:
            raise UsageError("this quiz is open in another terminal; continue there, or quit it first") from error
        except OSError as error:
            raise UsageError(f"your answers can't be saved in {self.folder}: {error.strerror}") from error
        with lock:
            yield


def open_attempt_store(quiz: Quiz, student: str) -> AttemptStore:
    """Where a student's attempts are: below `GRADE_STATE`, else the user's own state folder."""
    named = os.environ.get("GRADE_STATE")
    root = Path(named) if named else platformdirs.user_state_path("grade")
    return AttemptStore(
        folder=root
        / "quizzes"
        / escape_path_part(quiz.course or "course")
        / escape_path_part(quiz.id)
        / escape_path_part(student)
    )


def escape_path_part(name: str) -> str:
    """A name as one part of a path; names that differ stay different.

    >>> escape_path_part("s001"), escape_path_part("../x")
    ('s001', 'x-d6b96a97')
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "", name)[:60]
    if plain == name and plain:
        return plain
    # The digest keeps apart names that differ only in what a path can't hold.
    return f"{plain or 'x'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
