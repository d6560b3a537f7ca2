"""From runs to the verdict: the best attempt's checks, every attempt's training, and what to say of the end."""

from __future__ import annotations

import platform

from msgspec import structs

from grader import checks
from grader.checks import CHECKS
from grader.exercise import Exercise
from grader.grading import layers, places
from grader.grading.curves import line_of_training
from grader.run import End, Run
from grader.static import StaticReport
from grader.submission import Finding, Submission
from grader.verdict import CheckResult, EndKind, Environment, Note, Status, SubmissionRef, Verdict

NOT_YOUR_FAULT = "could not be graded here; this is not your fault and costs no points"


def refused(exercise: Exercise, source: Submission, report: StaticReport, static_s: float) -> Verdict:
    """The verdict on a file that was not run: its static findings, and every check skipped."""
    first = report.findings[0]
    messages = [_told(finding, source) for finding in report.findings]
    codes = [finding.code for finding in report.findings]
    end = End(kind="not_started", message="\n".join(messages), line=first.line, codes=codes)
    run = Run(seed=exercise.seed, end=end)
    results = checks.judge(run, exercise)
    return _verdict(exercise, source, report, run, [], results, "failed", {"static": static_s, "total": static_s})


def _told(finding: Finding, source: Submission) -> str:
    where = f"{source.place(finding.line)}: " if finding.line else ""
    return f"{where}[{finding.code}] {finding.message}" + (f"\n{finding.hint}" if finding.hint else "")


def verdict(
    exercise: Exercise,
    source: Submission,
    report: StaticReport,
    runs: list[Run],
    fault: str | None,
    timings: dict[str, float],
) -> Verdict:
    """The verdict on what was run; a fault of ours is an error without lost points, unless an attempt was judged."""
    judged = [(run, _judge(run, exercise, report)) for run in runs]
    best = max(judged, key=lambda pair: (_score(pair[1]), -pair[0].seed), default=None)
    if best is None:
        return _faulty(exercise, source, report, fault or "nothing was run", timings)
    run, results = best
    spent: dict[str, float] = {}
    for each in runs:
        for turn, seconds in each.timings.items():
            spent[turn] = spent.get(turn, 0.0) + seconds
    status: Status = "passed" if _score(results) >= exercise.pass_mark * _most(results) - 1e-9 else "failed"
    if (fault and status == "failed") or any(result.status == "error" for result in results):
        status = "error"
    return _verdict(exercise, source, report, run, runs, results, status, {**spent, **timings})


def _faulty(
    exercise: Exercise, source: Submission, report: StaticReport, fault: str, timings: dict[str, float]
) -> Verdict:
    run = Run(seed=exercise.seed, end=End(kind="not_started", message=f"{NOT_YOUR_FAULT}: {fault}"))
    results = [
        CheckResult(
            id=spec.id,
            title=spec.title or CHECKS[spec.check].title,
            status="error",
            points=0.0,
            max_points=spec.points,
            basis=CHECKS[spec.check].basis,
            message=NOT_YOUR_FAULT,
            code=spec.check,
        )
        for spec in exercise.checks
    ]
    return _verdict(exercise, source, report, run, [], results, "error", timings)


def _judge(run: Run, exercise: Exercise, report: StaticReport) -> list[CheckResult]:
    """The results; a script returns nothing, so what rests on a returned value isn't asked of it."""
    results = checks.judge(run, exercise)
    if report.plan is None or report.plan.mode != "script":
        return results
    unasked = {spec.id for spec in exercise.checks if "returned" in CHECKS[spec.check].evidence}
    message = "not judged: the file is a script, and only a function returns something"
    return [
        structs.replace(result, status="skipped", points=0.0, max_points=0.0, message=message, hint=None)
        if result.id in unasked
        else result
        for result in results
    ]


def _score(results: list[CheckResult]) -> float:
    return sum(result.points for result in results)


def _most(results: list[CheckResult]) -> float:
    return sum(result.max_points for result in results)


def _verdict(
    exercise: Exercise,
    source: Submission,
    report: StaticReport,
    run: Run,
    runs: list[Run],
    results: list[CheckResult],
    status: Status,
    timings: dict[str, float],
) -> Verdict:
    end: EndKind = "completed" if run.end.kind == "gated" else run.end.kind
    measured = run.measured
    return Verdict(
        exercise=exercise.id,
        title=exercise.title,
        submission=SubmissionRef(path=source.path, sha256=source.sha256),
        status=status,
        score=round(_score(results), 6),
        max_score=_most(results),
        end=end,
        end_message=_ended(run.end, source),
        end_line=None if source.cells else run.end.line,
        end_codes=run.end.codes,
        line_to_cross=line_of_training(exercise),
        checks=places.of_checks(results, source),
        training=[each.training for each in runs if each.training is not None],
        measured={"train_accuracy": measured.train_accuracy, "test_accuracy": measured.test_accuracy}
        if measured
        else {},
        returned=run.returned,
        notes=places.of_notes(_notes(report, run, exercise), source),
        stdout=run.output,
        timings={name: round(seconds, 3) for name, seconds in timings.items()},
        environment=_environment(run),
        layers=layers.declared(run.architecture, exercise),
    )


def _ended(end: End, source: Submission) -> str:
    """How the run ended, with the place: static findings and tracebacks say theirs, all else gets it here."""
    if end.traceback:
        return f"{end.message}\n{places.of_traceback(end.traceback, source)}"
    if end.line is None or end.kind == "not_started":
        return end.message
    return f"{source.place(end.line)}: {end.message}"


def _notes(report: StaticReport, run: Run, exercise: Exercise) -> list[Note]:
    found = [*report.notes, *run.notes, *checks.judge_advice(run, exercise)]
    merged = {(note.line, note.message): note for note in found}
    return sorted(merged.values(), key=lambda note: (note.line or 0, note.message))


def _environment(run: Run) -> Environment:
    versions = run.versions
    return Environment(
        python=platform.python_version(),
        keras=versions.get("keras"),
        tensorflow=versions.get("tensorflow"),
        jax=versions.get("jax") if versions.get("backend") == "jax" else None,
        backend=versions.get("backend"),
        cpu=platform.machine(),
        gpu=versions.get("gpu"),
    )
