"""When a training that just missed the line deserves another seed: luck shouldn't decide a grade."""

from __future__ import annotations

from grader import checks
from grader.exercise import Exercise
from grader.grading.curves import line_to_cross
from grader.run import Run

LUCK = ("training.reaches", "training.epochs", "measured.accuracy")
MARGIN = 0.5


def is_near_miss(run: Run, exercise: Exercise) -> bool:
    """Whether only what depends on the seed failed, and the best epoch came within half the gap above the line.

    For a line of 99.8 % that is a best accuracy of at least 99.7 %.
    """
    line = line_to_cross(exercise)
    if run.end.kind != "completed" or run.training is None or line is None:
        return False
    kinds = {spec.id: spec.check for spec in exercise.checks}
    failed = [kinds[result.id] for result in checks.judge(run, exercise) if result.status == "failed"]
    if not failed or any(check not in LUCK for check in failed):
        return False
    best = max((epoch.get(line[0], 0.0) for epoch in run.training.epochs), default=0.0)
    return best >= line[1] - MARGIN * (1.0 - line[1])
