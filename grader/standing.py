"""What a student has reached in a course: best points, what is passed, hints shown; one small file per course.

It is a convenience and never evidence: a damaged or unwritable file counts as an empty one, and nobody's grade
depends on it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
import platformdirs
from filelock import FileLock
from msgspec import Struct, field, structs

from grader.course import PACKAGE, Course
from grader.verdict import Verdict

LOCKED_S = 2.0
BUILT_IN = PACKAGE / "course"


class Best(Struct, frozen=True, kw_only=True):
    """The best verdict on an exercise so far."""

    passed: bool
    score: float
    max_score: float


class Standing(Struct, frozen=True, kw_only=True):
    """By exercise: the best verdict, and how many hints were shown."""

    best: dict[str, Best] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)


class Book:
    """A course's file in the user's state folder, or below `GRADE_STATE`.

    Args:
        course: courses at different places have files of their own; that in the package has one wherever it is.
    """

    def __init__(self, course: Course) -> None:
        named = os.environ.get("GRADE_STATE")
        root = Path(named) if named else platformdirs.user_state_path("grade")
        where = "built-in" if course.root == BUILT_IN else str(course.root)
        self.path = root / "courses" / f"{hashlib.sha256(os.fsencode(where)).hexdigest()[:16]}.json"

    def read(self) -> Standing:
        """What is known; nothing where the file can't be read."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Standing)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return Standing()

    def note(self, verdict: Verdict) -> None:
        """Remembers a verdict on what was run, where it is better than what was reached before. Raises: OSError."""
        if verdict.status == "error" or verdict.end == "not_started":
            return
        found = Best(passed=verdict.status == "passed", score=verdict.score, max_score=verdict.max_score)

        def change(standing: Standing) -> Standing:
            before = standing.best.get(verdict.exercise)
            if before is not None and (before.passed, before.score) >= (found.passed, found.score):
                return standing
            return structs.replace(standing, best=standing.best | {verdict.exercise: found})

        self._change(change)

    def note_hints(self, exercise: str, count: int) -> None:
        """Remembers how many hints of an exercise were shown. Raises: OSError."""
        self._change(lambda standing: structs.replace(standing, hints=standing.hints | {exercise: count}))

    def _change(self, change: Callable[[Standing], Standing]) -> None:
        """Reads, changes and writes whole or not at all, alone among the terminals of this user."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock"), timeout=LOCKED_S):
            temporary = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
            try:
                temporary.write_bytes(msgspec.json.encode(change(self.read())))
                temporary.replace(self.path)
            finally:
                temporary.unlink(missing_ok=True)
