"""What a student has reached in a course: best points, what is passed, hints shown; one small file per course.

It is a convenience and never evidence: a damaged or unwritable file counts as an empty one, and no grade
depends on it. It is written whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import platformdirs
from filelock import FileLock
from msgspec import Struct, field, structs

from grader.courses.course import PACKAGE_FOLDER, Course
from grader.records.verdict import Verdict
from grader.stores.filing import write_whole

BUILT_IN_COURSE = PACKAGE_FOLDER / "course"
LOCK_WAIT_S = 2.0


class BestResult(Struct, frozen=True, kw_only=True):
    """The best verdict on an exercise so far."""

    passed: bool
    score: float
    max_score: float


class StudentProgress(Struct, frozen=True, kw_only=True):
    """By exercise: the best verdict, and how many hints were shown."""

    best: dict[str, BestResult] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)


class ProgressReader:
    """A course's file in the user's state folder, or below `GRADE_STATE`.

    Args:
        course: courses at different places have files of their own; that in the package has one wherever it is.
    """

    def __init__(self, course: Course) -> None:
        named = os.environ.get("GRADE_STATE")
        root = Path(named) if named else platformdirs.user_state_path("grade")
        # The package may be installed anew at another place.
        where = "built-in" if course.root == BUILT_IN_COURSE else str(course.root)
        self.path = root / "courses" / f"{hashlib.sha256(os.fsencode(where)).hexdigest()[:16]}.json"

    def read_progress(self) -> StudentProgress:
        """What is known; nothing where the file can't be read."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=StudentProgress)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return StudentProgress()


class ProgressFile(ProgressReader):
    """A course's file, to be read and written."""

    def note_verdict(self, verdict: Verdict) -> None:
        """Remembers a verdict on what was run, where it is better than what was reached before. Raises: OSError."""
        if verdict.status == "error" or verdict.end == "not_started":
            return
        found = BestResult(passed=verdict.status == "passed", score=verdict.score, max_score=verdict.max_score)

        def add_verdict(standing: StudentProgress) -> StudentProgress:
            before = standing.best.get(verdict.exercise)
            # A pass counts before points: their number may change with the exercise.
            if before is not None and (before.passed, before.score) >= (found.passed, found.score):
                return standing
            return structs.replace(standing, best=standing.best | {verdict.exercise: found})

        self._rewrite_progress(add_verdict)

    def note_hints(self, exercise: str, count: int) -> None:
        """Remembers how many hints of an exercise were shown. Raises: OSError."""
        self._rewrite_progress(lambda standing: structs.replace(standing, hints=standing.hints | {exercise: count}))

    def _rewrite_progress(self, change: Callable[[StudentProgress], StudentProgress]) -> None:
        """Reads, changes and writes whole or not at all, alone among the terminals of this user."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Two terminals that both read first would lose one of the results.
        with FileLock(self.path.with_suffix(".lock"), timeout=LOCK_WAIT_S):
            write_whole(self.path, msgspec.json.encode(change(self.read_progress())))
