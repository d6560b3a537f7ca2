"""Verdicts for gradebooks, and a small course of one exercise."""

from dataclasses import dataclass, field

from grader.courses.exercise import CheckSpec, Exercise
from grader.records.run import Run, RunEnd
from grader.records.verdict import CheckResult, SubmissionRef, Verdict

EXERCISE = Exercise(
    schema="grade-exercise/1",
    id="exercise1",
    title="Dense layers",
    function="train_mnist",
    dataset="mnist",
    checks=[
        CheckSpec(id="threshold", check="training.reaches", points=60.0),
        CheckSpec(id="epochs", check="training.epochs", points=40.0),
    ],
)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What `grading.Graded` is, without grading."""

    verdict: Verdict
    runs: list[Run] = field(default_factory=list)
    at: str = "2026-10-01T10:00:00+00:00"


def verdict(points=(60.0, 40.0), *, sha256="a" * 64, status=None, exercise="exercise1", **fields):
    most = (60.0, 40.0)
    checks = [
        CheckResult(
            id=name,
            title=title,
            status="passed" if earned else "failed",
            points=earned,
            max_points=limit,
            basis="measured",
            message="as it was measured",
        )
        for name, title, earned, limit in zip(
            ("threshold", "epochs"), ("Gets above the line", "In few epochs"), points, most, strict=True
        )
    ]
    return Verdict(
        exercise=exercise,
        title="Dense layers",
        submission=SubmissionRef(path="solution.py", sha256=sha256),
        status=status or ("passed" if sum(points) == 100 else "failed"),
        score=sum(points),
        max_score=100.0,
        end=fields.pop("end", "completed"),
        checks=checks,
        **fields,
    )


def graded(points=(60.0, 40.0), *, runs=(), at="2026-10-01T10:00:00+00:00", **fields):
    return Sample(verdict=verdict(points, **fields), runs=list(runs), at=at)


def run(seed=7):
    return Run(seed=seed, end=RunEnd(kind="completed"))
