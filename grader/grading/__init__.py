"""The path of one submission: static findings, attempts with one seed or more, checks, verdict."""

from __future__ import annotations

import time
from pathlib import Path

from grader import settings, static, submission
from grader.course import Course
from grader.errors import GraderError
from grader.exercise import Exercise, text_of
from grader.grading import functions, verdicts
from grader.grading.attempt import Attempt
from grader.grading.options import Options
from grader.grading.rounds import is_near_miss
from grader.run import Run
from grader.verdict import Verdict

__all__ = ["Options", "grade", "look"]


def look(course: Course, exercise: Exercise, source: submission.Submission) -> static.StaticReport:
    """What can be said of a file without running it, and what of it to run."""
    stub = text_of(course, exercise.id, "stub.py")
    text = stub.read_text(encoding="utf-8") if stub.exists() else None
    given = exercise.models.arguments if exercise.models is not None else len(exercise.arguments)
    report = static.inspect(source, exercise.function, text, arguments=given)
    return static.under(report, settings.load(course).dialect)


def grade(course: Course, exercise: Exercise, path: Path, options: Options = Options()) -> Verdict:  # noqa: B008 - frozen
    """Grades one file.

    Raises:
        UsageError: the file can't be read at all.
    """
    began = time.monotonic()
    source = submission.read(path)
    report = look(course, exercise, source)
    static_s = time.monotonic() - began
    if report.findings or report.plan is None:
        return verdicts.refused(exercise, source, report, static_s)
    runs: list[Run] = []
    fault: str | None = None
    try:
        if functions.calls_function(exercise):
            runs.append(functions.Attempt(course, exercise, report.plan, source.name, options).run())
            return verdicts.verdict(exercise, source, report, runs, None, _timings(static_s, began))
        first = exercise.seed if options.seed is None else options.seed
        for seed in range(first, first + exercise.attempts):
            runs.append(Attempt(exercise, report.plan, source.name, seed, options).run())
            if not is_near_miss(runs[-1], exercise):
                break
    except GraderError as error:
        fault = str(error)
    return verdicts.verdict(exercise, source, report, runs, fault, _timings(static_s, began))


def _timings(static_s: float, began: float) -> dict[str, float]:
    return {"static": static_s, "total": time.monotonic() - began}


