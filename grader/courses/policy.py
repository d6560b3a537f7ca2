"""How a course turns points into grades: lateness, attempts, extensions, drops. Data and pure functions, without clock or file.

It is the part `grading` of `course.yaml`; docs/classes.md has an example.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct, field, structs

from grader.courses.yaml_tree import Duration, Percent, parse_quantity

DAY_S = 86_400.0
WEIGHT_PATTERN = re.compile(r"\d{1,6}(\.\d{1,6})? ?%?", re.ASCII)


class LatenessPolicy(Struct, frozen=True, kw_only=True):
    """What lateness costs.

    Args:
        per_day: the share of the earned points that each begun day takes, counted from the deadline.
        grace: within it nothing is taken.
        cut_off: beyond it nothing is left; None is never.
    """

    per_day: Percent = Percent(0)
    grace: Duration = Duration(0)
    cut_off: Duration | None = None

    @property
    def costs(self) -> bool:
        """Whether it takes anything at all."""
        return self.per_day > 0 or self.cut_off is not None


class AttemptPolicy(Struct, frozen=True, kw_only=True):
    """Which of a student's submissions counts, of the first `most`."""

    keep: Literal["best", "last", "first"] = "best"
    most: Annotated[int, Meta(ge=1)] | None = None


class GradingPolicy(Struct, frozen=True, kw_only=True):
    """The part `grading` of `course.yaml`.

    Args:
        due: deadlines by exercise, with their offset from UTC.
        timezone: by which the platform's clock goes, such as `Europe/Berlin`: for times that come without an offset.
        extensions: by student and exercise, a time such as `2d` more, or another deadline.
        excused: by student, the exercises that aren't asked of them.
        drop_lowest: how many of a student's exercises with the smallest shares are left out of the total.
        weights: what each exercise and quiz counts in the total, such as `40%`; without weights the points are added.
    """

    due: dict[str, str] = field(default_factory=dict)
    timezone: str | None = None
    late: LatenessPolicy = LatenessPolicy()
    attempts: AttemptPolicy = AttemptPolicy()
    extensions: dict[str, dict[str, str]] = field(default_factory=dict)
    excused: dict[str, list[str]] = field(default_factory=dict)
    drop_lowest: Annotated[int, Meta(ge=0)] = 0
    weights: dict[str, str] = field(default_factory=dict)


class ScoredSubmission(Struct, frozen=True, kw_only=True, gc=False):
    """One submission's points.

    Args:
        late: what the LMS said.
        error: a fault of ours kept it from a grade.
        blank: there is no code in the file, as after a failed upload.
    """

    score: float
    max_score: float
    submitted_at: datetime | None = None
    late: bool | None = None
    error: bool = False
    blank: bool = False


class ExerciseGrade(Struct, frozen=True, kw_only=True, gc=False):
    """What a student gets for an exercise.

    Args:
        score: after lateness.
        raw: before.
        attempt: which one it is, from 0.
        attempts: how many there were.
        note: why score and raw differ, or what is doubtful.
        graded: False where a fault of ours kept every attempt from a grade.
    """

    score: float
    raw: float
    max_score: float
    attempt: int
    attempts: int
    note: str = ""
    graded: bool = True


class CourseTotal(Struct, frozen=True, kw_only=True):
    """A student's points over all exercises; `dropped` are left out."""

    score: float
    max_score: float
    dropped: tuple[str, ...] = ()


def parse_time(text: str) -> datetime:
    """A deadline. Raises: ValueError: not a time with an offset, with the form that was expected."""
    try:
        found: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        found = None
    # Without an offset the deadline would be another one on each machine.
    if found is None or found.tzinfo is None:
        raise ValueError(f'expected a time with its offset, such as 2026-10-01T23:59+02:00, got "{text}"')
    return found


def apply_extension(due: datetime, extension: str) -> datetime:
    """A student's own deadline: so much later, or another one. Raises: ValueError: neither a duration nor a time."""
    try:
        return due + timedelta(seconds=parse_quantity(extension, Duration))
    except (ValueError, OverflowError):
        return parse_time(extension)


def find_deadline(policy: GradingPolicy, exercise: str, student: str) -> datetime | None:
    """Until when a student has time; None where the course sets no date."""
    if exercise not in policy.due:
        return None
    due = parse_time(policy.due[exercise])
    extension = policy.extensions.get(student, {}).get(exercise)
    return due if extension is None else apply_extension(due, extension)


def find_excused(policy: GradingPolicy, exercises: Collection[str]) -> set[str]:
    """The students of whom none of these exercises is asked."""
    return {student for student, excused in policy.excused.items() if set(exercises) <= set(excused)}


def compute_late_s(due: datetime | None, submitted_at: datetime | None) -> float:
    """Seconds after the deadline; 0 where either isn't known."""
    # Nobody is late by a time that isn't known.
    if due is None or submitted_at is None:
        return 0.0
    return max(0.0, (submitted_at - due).total_seconds())


def compute_kept_share(late: LatenessPolicy, seconds: float) -> float:
    """The share of the points that a submission keeps.

    >>> compute_kept_share(LatenessPolicy(per_day=Percent(0.1), grace=Duration(3600)), 3600.0)
    1.0
    >>> compute_kept_share(LatenessPolicy(per_day=Percent(0.1), grace=Duration(3600)), 3601.0)
    0.9
    """
    if seconds <= late.grace:
        return 1.0
    if late.cut_off is not None and seconds > late.cut_off:
        return 0.0
    # Counted from the deadline, not from the end of the grace: after it the first day is begun.
    return max(0.0, 1.0 - late.per_day * math.ceil(seconds / DAY_S))


def grade_attempts(policy: GradingPolicy, exercise: str, student: str, attempts: Sequence[ScoredSubmission]) -> ExerciseGrade:
    """The grade for an exercise.

    Args:
        attempts: in the order of time; at least one.
    """
    due = find_deadline(policy, exercise, student)
    if len(attempts) == 1:
        return _grade_attempt(policy, attempts[0], due, 0, 1)
    # A file without code is a slip of uploading, no attempt, unless there is nothing else.
    tried = [pair for pair in enumerate(attempts) if not pair[1].blank] or list(enumerate(attempts))
    grades = [_grade_attempt(policy, attempt, due, index, len(attempts)) for index, attempt in tried[: policy.attempts.most]]
    # An attempt that a fault of ours kept from a grade neither counts nor hides a graded one.
    counted = [each for each in grades if each.graded] or grades
    # Of equal scores the earliest, which is least late.
    best = max(counted, key=lambda each: (each.score, -each.attempt))
    if policy.attempts.keep == "best":
        return best
    end = 0 if policy.attempts.keep == "first" else -1
    remarks = [counted[end].note, *_list_surprises(attempts, counted[end], best, policy.attempts.keep, end)]
    return structs.replace(counted[end], note="; ".join(filter(None, remarks)))


def _list_surprises(
    attempts: Sequence[ScoredSubmission], chosen: ExerciseGrade, best: ExerciseGrade, keep: str, end: int
) -> Iterator[str]:
    """What a student, or whoever enters the grade, wouldn't expect of the attempt that counts."""
    if attempts[end].blank and not attempts[chosen.attempt].blank:
        yield f"the {keep} file has no code, so it doesn't count as an attempt"
    if keep == "last" and best.score > chosen.score:
        yield f"the last attempt counts; attempt {best.attempt + 1} has {best.score:g} points"


def _grade_attempt(policy: GradingPolicy, attempt: ScoredSubmission, due: datetime | None, index: int, count: int) -> ExerciseGrade:
    seconds = compute_late_s(due, attempt.submitted_at)
    share = compute_kept_share(policy.late, seconds)
    return ExerciseGrade(
        score=round(attempt.score * share, 6),
        raw=attempt.score,
        max_score=attempt.max_score,
        attempt=index,
        attempts=count,
        note=_describe_lateness(attempt, seconds, share),
        graded=not attempt.error,
    )


def _describe_lateness(attempt: ScoredSubmission, seconds: float, share: float) -> str:
    if attempt.error:
        return "not graded, for a fault of the grader or the machine"
    if share < 1:
        days = math.ceil(seconds / DAY_S)
        return f"{days} day{'s' * (days != 1)} late: keeps {100 * share:g} %"
    return ""


def compute_total(policy: GradingPolicy, student: str, shares: dict[str, tuple[float, float]]) -> CourseTotal:
    """A student's total.

    Args:
        shares: points and most points by exercise; exercises that were not handed in have 0 points.
    """
    asked = {name: pair for name, pair in shares.items() if name not in policy.excused.get(student, ())}
    # At least one exercise stays, or a total would be 0 of 0.
    most = min(policy.drop_lowest, len(asked) - 1)
    dropped = _sort_by_share(asked)[:most] if most > 0 else []
    kept = {name: pair for name, pair in asked.items() if name not in dropped}
    left = list((_weigh(policy, kept) if policy.weights else kept).values())
    return CourseTotal(
        score=round(math.fsum(score for score, _ in left), 6),
        max_score=math.fsum(most for _, most in left),
        dropped=tuple(dropped),
    )


def _weigh(policy: GradingPolicy, shares: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Each one's share of its weight; what has no weight counts nothing."""
    weights = {name: parse_weight(policy.weights[name]) if name in policy.weights else 0.0 for name in shares}
    return {name: (weights[name] * points / most if most else 0.0, weights[name]) for name, (points, most) in shares.items()}


def parse_weight(text: str) -> float:
    """A weight, as percent or as a number. Raises: ValueError: neither, or below 0.

    >>> parse_weight("40%"), parse_weight("2.5")
    (40.0, 2.5)
    """
    if not WEIGHT_PATTERN.fullmatch(text.strip()):
        raise ValueError(f'expected a weight such as 40% or 2, got "{text:.40}"')
    return float(text.strip().removesuffix("%"))


def _sort_by_share(asked: dict[str, tuple[float, float]]) -> list[str]:
    """The exercises by share, the smallest first; of equal ones, those with the most points first."""
    # An exercise without points is never the weakest.
    shares = {name: points / most if most else 1.0 for name, (points, most) in asked.items()}
    return sorted(asked, key=lambda name: (shares[name], -asked[name][1], name))
