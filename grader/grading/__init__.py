"""The path of one submission: static findings, attempts with one seed or more, checks, verdict."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from grader import static, submission
from grader.courses import settings
from grader.courses.course import Course
from grader.courses.exercise import Exercise, find_exercise_text
from grader.engines import pair
from grader.engines.machine_limits import check_machine_memory
from grader.engines.pool import open_pool
from grader.engines.shared_interpreter import share_interpreter
from grader.engines.trainer import can_copy_trainer
from grader.errors import GraderError
from grader.grading import cards, editions, functions, known, parts, verdicts
from grader.grading.attempt import TrainingAttempt
from grader.grading.curves import is_near_miss
from grader.grading.known import GradedSubmission
from grader.grading.options import GradingOptions
from grader.leniency.packages import explain_absence
from grader.records.run import Run
from grader.records.verdict import Note, Verdict
from grader.submission.exercise_cells import keep_exercise

UNCONFINED_NOTE = (
    "NOT CONFINED (--sandbox off): this file could do to this machine whatever its user can, so this verdict counts "
    "for nobody's work but one's own"
)

__all__ = ["GradedSubmission", "GradingOptions", "grade", "grade_or_recall", "inspect_file"]


def inspect_file(
    course: Course, exercise: Exercise, source: submission.Submission, *, in_parts: bool = False
) -> static.StaticReport:
    """Inspects a file without running it, and plans which of its statements to run.

    Of a notebook with several exercises it sees the cells of this one.

    Args:
        in_parts: whether the exercise is one part of several, which no other part can stand in for.
    """
    role: static.NameRole = "callback" if exercise.callback is not None else "function" if in_parts else "only"
    stub = find_exercise_text(course, exercise.id, "stub.py")
    text = stub.read_text(encoding="utf-8") if stub.exists() else None
    report = static.inspect_submission(
        keep_exercise(source, exercise.id), exercise.graded_name, text, arguments=exercise.argument_count, role=role
    )
    return static.apply_dialect_policy(report, settings.load_settings(course).dialect)


def grade(course: Course, exercise: Exercise, path: Path, options: GradingOptions = GradingOptions()) -> Verdict:  # noqa: B008 - frozen
    """Grades one file, even if a verdict on it is stored.

    Raises:
        UsageError: the file can't be read at all.
    """
    return _grade_source(course, exercise, submission.read_submission(path), options).verdict


def grade_or_recall(course: Course, exercise: Exercise, path: Path, options: GradingOptions) -> GradedSubmission:
    """Returns the stored verdict on this file; without one, grades the file and stores the verdict.

    Raises:
        UsageError: the file can't be read at all.
    """
    source = submission.read_submission(path)
    if options.sandbox == "off":  # what isn't confined is believed this once only
        return _grade_source(course, exercise, source, options)
    key = known.make_verdict_key(course, exercise, source, options)
    recalled = None if options.fresh else known.load_known_verdict(key, source.path, timed_out=options.keep_timeouts)
    if recalled is not None:
        return recalled
    graded = _grade_source(course, exercise, source, options)
    known.store_verdict(key, graded)
    return graded


def _grade_source(course: Course, exercise: Exercise, source: submission.Submission, options: GradingOptions) -> GradedSubmission:
    if exercise.parts:
        with _keep_warm(cards.choose_free_device(options)) as warm:
            graded = [_grade_part(course, part, source, warm, in_parts=True) for part in exercise.split_parts()]
        verdict = parts.join_verdicts(exercise, [each.verdict for each in graded])
        whole = GradedSubmission(verdict=verdict, runs=[run for each in graded for run in each.runs], at=known.format_now())
    else:
        whole = _grade_part(course, exercise, source, options)
    return structs.replace(whole, verdict=editions.name_edition(course, exercise, source, whole.verdict))


@contextlib.contextmanager
def _keep_warm(options: GradingOptions) -> Iterator[GradingOptions]:
    """Options with which the processes of several parts import once, where no pool does that anyway."""
    if options.start is not pair.start_pair:
        yield options
        return
    with open_pool(1, device=options.device) as pool:
        yield replace(options, start=pool.start_pair)


@contextlib.contextmanager
def _share_interpreter(options: GradingOptions) -> Iterator[GradingOptions]:
    """Options with which both processes of an attempt import once, where no pool does that anyway."""
    if options.start is not pair.start_pair or not can_copy_trainer(options.device, options.backend):
        yield options
        return
    with share_interpreter() as start:
        yield replace(options, start=start)


def _grade_part(
    course: Course, exercise: Exercise, source: submission.Submission, options: GradingOptions, *, in_parts: bool = False
) -> GradedSubmission:
    began = time.monotonic()
    report = inspect_file(course, exercise, source, in_parts=in_parts)
    static_s = time.monotonic() - began
    if report.findings or report.plan is None:
        return GradedSubmission(verdict=verdicts.build_refused_verdict(exercise, source, report, static_s), runs=[], at=known.format_now())
    runs: list[Run] = []
    fault: str | None = None
    try:
        check_machine_memory(exercise.limits.machine)
        if exercise.has_behaviour_checks:
            runs.append(functions.FunctionAttempt(course, exercise, report.plan, source.name, options).run())
        else:
            with _share_interpreter(cards.choose_free_device(options)) as warm:
                _try_seeds(exercise, report.plan, source.name, warm, runs)
    # Attempts that ended before the fault stay in `runs`: if one of them passed, the fault takes nothing away.
    except GraderError as error:
        fault = str(error)
    verdict = verdicts.build_verdict(exercise, source, report, runs, fault, _collect_timings(static_s, began))
    # Only a failed file is excused: one that passes without the package didn't need it. The run isn't judged at all.
    if verdict.status == "failed" and (lacking := _explain_lacking(course, runs)) is not None:
        verdict = verdicts.build_verdict(exercise, source, report, [], lacking, _collect_timings(static_s, began))
    if options.sandbox == "off":
        verdict = structs.replace(verdict, notes=[Note(line=None, message=UNCONFINED_NOTE), *verdict.notes])
    return GradedSubmission(verdict=verdict, runs=runs, at=known.format_now())


def _explain_lacking(course: Course, runs: list[Run]) -> str | None:
    """Explains which package a run failed for, if the course promises it and this machine lacks it."""
    named = settings.load_settings(course).packages
    told = (explain_absence(run.end.package, named) for run in runs if run.end.package)
    return next(filter(None, told), None)


def _try_seeds(exercise: Exercise, plan: static.ExecutionPlan, name: str, options: GradingOptions, runs: list[Run]) -> None:
    """One attempt, and further ones after a near miss. Raises: GraderError: after which `runs` are those before it."""
    first = exercise.seed if options.seed is None else options.seed
    # Each further seed is another draw, so only a near miss gets one; otherwise luck could replace a right answer.
    for seed in range(first, first + exercise.attempts):
        runs.append(TrainingAttempt(exercise, plan, name, seed, options).run())
        if not is_near_miss(runs[-1], exercise):
            return


def _collect_timings(static_s: float, began: float) -> dict[str, float]:
    return {"static": static_s, "total": time.monotonic() - began}


