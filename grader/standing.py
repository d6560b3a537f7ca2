"""What a student has reached in a course: best points, what is passed, hints shown; one small file per course. Only read here.

It is a convenience and never evidence: a damaged or unwritable file counts as an empty one, and nobody's grade
depends on it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
import platformdirs
from msgspec import Struct, field

from grader.course import PACKAGE, Course

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


class Shelf:
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
