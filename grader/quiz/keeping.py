"""Keeps attempts on disk: written after every answer, whole or not at all, and by one terminal at a time."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import platformdirs
from filelock import FileLock, Timeout

from grader.errors import UsageError
from grader.filing import write_whole
from grader.quiz.model import Quiz
from grader.quiz.sitting import Sitting


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The folder with one student's attempts at one quiz."""

    folder: Path

    def path(self, attempt: int) -> Path:
        return self.folder / f"attempt-{attempt}.json"

    def attempts(self) -> list[Sitting]:
        """Every attempt so far, in order.

        Raises:
            UsageError: one can't be read.
        """
        found = [self._read(path) for path in self.folder.glob("attempt-*.json")]
        return sorted(found, key=lambda sitting: sitting.attempt)

    def _read(self, path: Path) -> Sitting:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Sitting)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} can't be read ({error}); move it away to start this attempt anew") from error

    def save(self, sitting: Sitting) -> None:
        """Writes an attempt so that a killed terminal or a power cut leaves the old or the new one, never half.

        Raises:
            UsageError: it can't be written.
        """
        try:
            write_whole(self.path(sitting.attempt), msgspec.json.encode(sitting), durable=True)
        except OSError as error:
            raise UsageError(f"your answers can't be saved in {self.folder}: {error.strerror}") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the folder for this terminal.

        Raises:
            UsageError: another terminal has it, or it can't be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock", timeout=0, mode=0o600).acquire()
        except Timeout as error:
            raise UsageError("this quiz is open in another terminal; go on there, or quit it first") from error
        except OSError as error:
            raise UsageError(f"your answers can't be saved in {self.folder}: {error.strerror}") from error
        with lock:
            yield


def shelf(quiz: Quiz, student: str) -> Shelf:
    """Where a student's attempts are: below `GRADE_STATE`, else the user's own state folder."""
    named = os.environ.get("GRADE_STATE")
    root = Path(named) if named else platformdirs.user_state_path("grade")
    return Shelf(folder=root / "quizzes" / safe(quiz.course or "course") / safe(quiz.id) / safe(student))


def safe(name: str) -> str:
    """A name as one part of a path; names that differ stay different.

    >>> safe("s001"), safe("../x")
    ('s001', 'x-d6b96a97')
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "", name)[:60]
    if plain == name and plain:
        return plain
    return f"{plain or 'x'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
