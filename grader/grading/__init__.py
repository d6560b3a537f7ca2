"""The path of one submission: static findings, attempts with one seed or more, checks, verdict."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec import structs

from grader import settings, static, submission
from grader.course import Course
from grader.errors import GraderError
from grader.exercise import Exercise, text_of
from grader.grading import functions, known, verdicts
from grader.grading.attempt import Attempt
from grader.grading.known import Graded
from grader.grading.options import Options
from grader.grading.refereeing import calls_function
from grader.grading.rounds import is_near_miss
from grader.leniency.packages import explain_absence
from grader.run import Run
from grader.verdict import Note, Verdict

UNCONFINED = (
    "NOT CONFINED (--sandbox off): this file could do to this machine whatever its user can, so this verdict counts "
    "for nobody's work but one's own"
)

__all__ = ["Graded", "Options", "grade", "grade_or_recall", "look"]


def look(course: Course, exercise: Exercise, source: submission.Submission) -> static.StaticReport:
    """What can be said of a file without running it, and what of it to run."""
    stub = text_of(course, exercise.id, "stub.py")
    text = stub.read_text(encoding="utf-8") if stub.exists() else None
    given = exercise.models.arguments if exercise.models is not None else len(exercise.arguments)
    report = static.inspect(source, exercise.function, text, arguments=given)
    return static.under(report, settings.load(course).dialect)


def grade(course: Course, exercise: Exercise, path: Path, options: Options = Options()) -> Verdict:  # noqa: B008 - frozen
    """Grades one file, whatever is known of it.

    Raises:
        UsageError: the file can't be read at all.
    """
    return _grade(course, exercise, submission.read(path), options).verdict


def grade_or_recall(course: Course, exercise: Exercise, path: Path, options: Options) -> Graded:
    """The verdict that was reached on this very file before, else a new one, which is kept.

    Raises:
        UsageError: the file can't be read at all.
    """
    source = submission.read(path)
    if options.sandbox == "off":  # what isn't confined is believed this once only
        return _grade(course, exercise, source, options)
    key = known.key(course, exercise, source, options)
    if not options.fresh and (graded := known.recall(key, source.path)) is not None:
        return graded
    graded = _grade(course, exercise, source, options)
    known.keep(key, graded)
    return graded


def _grade(course: Course, exercise: Exercise, source: submission.Submission, options: Options) -> Graded:
    began = time.monotonic()
    report = look(course, exercise, source)
    static_s = time.monotonic() - began
    if report.findings or report.plan is None:
        return Graded(verdict=verdicts.refused(exercise, source, report, static_s), runs=[], at=known.now())
    runs: list[Run] = []
    fault: str | None = None
    try:
        if calls_function(exercise):
            runs.append(functions.Attempt(course, exercise, report.plan, source.name, options).run())
        else:
            _try_seeds(exercise, report.plan, source.name, options, runs)
    except GraderError as error:
        fault = str(error)
    verdict = verdicts.verdict(exercise, source, report, runs, fault, _timings(static_s, began))
    if verdict.status == "failed" and (lacking := _explain_lacking(course, runs)) is not None:
        verdict = verdicts.verdict(exercise, source, report, [], lacking, _timings(static_s, began))
    if options.sandbox == "off":
        verdict = structs.replace(verdict, notes=[Note(line=None, message=UNCONFINED), *verdict.notes])
    return Graded(verdict=verdict, runs=runs, at=known.now())


def _explain_lacking(course: Course, runs: list[Run]) -> str | None:
    """The package that a file needs for its result and that the course promises, where this machine hasn't got it."""
    named = settings.load(course).packages
    told = (explain_absence(run.end.package, named) for run in runs if run.end.package)
    return next(filter(None, told), None)


def _try_seeds(exercise: Exercise, plan: static.Plan, name: str, options: Options, runs: list[Run]) -> None:
    """One attempt, and further ones after a near miss. Raises: GraderError: after which `runs` are those before it."""
    first = exercise.seed if options.seed is None else options.seed
    for seed in range(first, first + exercise.attempts):
        runs.append(Attempt(exercise, plan, name, seed, options).run())
        if not is_near_miss(runs[-1], exercise):
            return


def _timings(static_s: float, began: float) -> dict[str, float]:
    return {"static": static_s, "total": time.monotonic() - began}


