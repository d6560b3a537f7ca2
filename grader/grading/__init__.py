"""The path of one submission: static findings, attempts with one seed or more, checks, verdict."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec import structs

from grader import static, submission
from grader.courses import settings
from grader.courses.course import Course
from grader.courses.exercise import Exercise, find_exercise_text
from grader.errors import GraderError
from grader.grading import functions, known, verdicts
from grader.grading.attempt import TrainingAttempt
from grader.grading.curves import is_near_miss
from grader.grading.known import GradedSubmission
from grader.grading.options import GradingOptions
from grader.grading.refereeing import is_function_exercise
from grader.leniency.packages import explain_absence
from grader.records.run import Run
from grader.records.verdict import Note, Verdict

UNCONFINED_NOTE = (
    "NOT CONFINED (--sandbox off): this file could do to this machine whatever its user can, so this verdict counts "
    "for nobody's work but one's own"
)

__all__ = ["GradedSubmission", "GradingOptions", "grade", "grade_or_recall", "inspect_file"]


def inspect_file(course: Course, exercise: Exercise, source: submission.Submission) -> static.StaticReport:
    """What can be said of a file without running it, and what of it to run."""
    stub = find_exercise_text(course, exercise.id, "stub.py")
    text = stub.read_text(encoding="utf-8") if stub.exists() else None
    given = exercise.models.arguments if exercise.models is not None else len(exercise.arguments)
    report = static.inspect_submission(source, exercise.function, text, arguments=given)
    return static.apply_dialect_policy(report, settings.load_settings(course).dialect)


def grade(course: Course, exercise: Exercise, path: Path, options: GradingOptions = GradingOptions()) -> Verdict:  # noqa: B008 - frozen
    """Grades one file, whatever is known of it.

    Raises:
        UsageError: the file can't be read at all.
    """
    return _grade_source(course, exercise, submission.read_submission(path), options).verdict


def grade_or_recall(course: Course, exercise: Exercise, path: Path, options: GradingOptions) -> GradedSubmission:
    """The verdict that was reached on this very file before, else a new one, which is kept.

    Raises:
        UsageError: the file can't be read at all.
    """
    source = submission.read_submission(path)
    if options.sandbox == "off":  # what isn't confined is believed this once only
        return _grade_source(course, exercise, source, options)
    key = known.make_verdict_key(course, exercise, source, options)
    if not options.fresh and (graded := known.load_known_verdict(key, source.path)) is not None:
        return graded
    graded = _grade_source(course, exercise, source, options)
    known.store_verdict(key, graded)
    return graded


def _grade_source(course: Course, exercise: Exercise, source: submission.Submission, options: GradingOptions) -> GradedSubmission:
    began = time.monotonic()
    report = inspect_file(course, exercise, source)
    static_s = time.monotonic() - began
    if report.findings or report.plan is None:
        return GradedSubmission(verdict=verdicts.build_refused_verdict(exercise, source, report, static_s), runs=[], at=known.format_now())
    runs: list[Run] = []
    fault: str | None = None
    try:
        if is_function_exercise(exercise):
            runs.append(functions.FunctionAttempt(course, exercise, report.plan, source.name, options).run())
        else:
            _try_seeds(exercise, report.plan, source.name, options, runs)
    except GraderError as error:
        fault = str(error)
    verdict = verdicts.build_verdict(exercise, source, report, runs, fault, _collect_timings(static_s, began))
    if verdict.status == "failed" and (lacking := _explain_lacking(course, runs)) is not None:
        verdict = verdicts.build_verdict(exercise, source, report, [], lacking, _collect_timings(static_s, began))
    if options.sandbox == "off":
        verdict = structs.replace(verdict, notes=[Note(line=None, message=UNCONFINED_NOTE), *verdict.notes])
    return GradedSubmission(verdict=verdict, runs=runs, at=known.format_now())


def _explain_lacking(course: Course, runs: list[Run]) -> str | None:
    """The package that a file needs for its result and that the course promises, where this machine hasn't got it."""
    named = settings.load_settings(course).packages
    told = (explain_absence(run.end.package, named) for run in runs if run.end.package)
    return next(filter(None, told), None)


def _try_seeds(exercise: Exercise, plan: static.ExecutionPlan, name: str, options: GradingOptions, runs: list[Run]) -> None:
    """One attempt, and further ones after a near miss. Raises: GraderError: after which `runs` are those before it."""
    first = exercise.seed if options.seed is None else options.seed
    for seed in range(first, first + exercise.attempts):
        runs.append(TrainingAttempt(exercise, plan, name, seed, options).run())
        if not is_near_miss(runs[-1], exercise):
            return


def _collect_timings(static_s: float, began: float) -> dict[str, float]:
    return {"static": static_s, "total": time.monotonic() - began}


