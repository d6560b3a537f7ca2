"""What instructors set by hand beside the measured grades: points with a reason, and a comment to a student.

Nothing is overwritten: each is one more entry, and the last one holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct, structs

MAX_REASON_LENGTH = 1000
MAX_COMMENT_LENGTH = 5000
Step = Literal["points", "withdraw", "comment"]


class Correction(Struct, frozen=True, kw_only=True):
    """One entry.

    Args:
        by: who made it.
        at: when (ISO 8601, UTC).
        points: what the student gets instead of the measured points, whatever the rules for lateness.
        measured: the measured points at that time.
        text: the reason, or the comment to the student.
    """

    exercise: str
    student: str
    step: Step
    by: str
    at: str
    text: str
    points: float | None = None
    measured: float | None = None


class HandMark(Struct, frozen=True, kw_only=True):
    """What holds for a student's exercise: the last correction that wasn't withdrawn, and the last comment."""

    correction: Correction | None = None
    comment: Correction | None = None


HandMarks = Mapping[tuple[str, str], HandMark]


def fold_corrections(entries: Iterable[Correction]) -> dict[tuple[str, str], HandMark]:
    """What holds, by student and exercise. Args: entries: in the order of time."""
    found: dict[tuple[str, str], HandMark] = {}
    for one in entries:
        before = found.get((one.student, one.exercise), HandMark())
        match one.step:
            case "points":
                after = structs.replace(before, correction=one)
            case "withdraw":
                after = structs.replace(before, correction=None)
            case "comment":
                after = structs.replace(before, comment=one if one.text else None)
        found[one.student, one.exercise] = after
    return found
