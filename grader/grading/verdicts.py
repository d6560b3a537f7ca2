"""Builds the verdict from runs: the best attempt's checks, every attempt's training, and how it ended."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence

from msgspec import structs

from grader import checks
from grader.checks import CHECKS, tables
from grader.courses.exercise import Exercise
from grader.grading.curves import line_of_training
from grader.messages.error_hints import is_of_unequal_shapes
from grader.messages.text import join_words
from grader.records.clues import Clues
from grader.records.run import Architecture, Measurement, ModelLayer, Run, RunEnd
from grader.records.verdict import (
    CheckResult,
    DeclaredLayer,
    EndKind,
    GradingEnvironment,
    Note,
    OpenPlaces,
    Status,
    SubmissionRef,
    Verdict,
)
from grader.static import StaticReport
from grader.submission import Finding, Submission

FAULT_REASON = "not graded"
LARGE_MODEL = (
    "The model is too large: a pooling or a stride that leaves a larger image before `Flatten` than the exercise has makes the Dense "
    "layer after it many times as large."
)
MAX_SHOWN_LAYERS = 400
MAX_NAMED_LINES = 6
FRAME_PATTERN = re.compile(r'File "(?P<file>[^"\n]*)", line (?P<line>\d+)')


def build_refused_verdict(exercise: Exercise, source: Submission, report: StaticReport, static_s: float) -> Verdict:
    """The verdict on a file that was not run: its static findings, and every check skipped."""
    first = report.findings[0]
    messages = [_format_finding(finding, source) for finding in report.findings]
    codes = [finding.code for finding in report.findings]
    end = RunEnd(kind="not_started", message="\n".join(messages), line=first.line, codes=codes)
    run = Run(seed=exercise.seed, end=end)
    results = checks.judge_run(run, exercise)
    return _build_judged_verdict(
        exercise, source, report, run, [], results, "failed", {"static": static_s, "total": static_s}
    )


def _format_finding(finding: Finding, source: Submission) -> str:
    where = f"{source.describe_place(finding.line)}: " if finding.line else ""
    return f"{where}[{finding.code}] {finding.message}" + (f"\n{finding.hint}" if finding.hint else "")


def build_verdict(
    exercise: Exercise,
    source: Submission,
    report: StaticReport,
    runs: list[Run],
    fault: str | None,
    timings: dict[str, float],
) -> Verdict:
    """The verdict on what was run; a fault of ours is an error without lost points, unless an attempt was judged."""
    judged = [(run, _judge_without_script_checks(run, exercise, report)) for run in runs]
    # On equal points the lowest seed wins, so that the same file always gets the same report.
    best = max(judged, key=lambda pair: (_sum_points(pair[1]), -pair[0].seed), default=None)
    if best is None:
        return _build_fault_verdict(exercise, source, report, fault or "nothing was run", timings)
    run, results = best
    # Timings add up over all attempts, though only the best one is shown.
    spent: dict[str, float] = {}
    for each in runs:
        for turn, seconds in each.timings.items():
            spent[turn] = spent.get(turn, 0.0) + seconds
    status: Status = (
        # Sums of points such as 0.1 and 0.2 aren't exact, and rounding must not fail anybody.
        "passed" if _sum_points(results) >= exercise.pass_mark * _sum_max_points(results) - 1e-9 else "failed"
    )
    # A fault cut the attempts short: the next seed might have passed, so the file didn't fail.
    if (fault and status == "failed") or any(result.status == "error" for result in results):
        status = "error"
    return _build_judged_verdict(exercise, source, report, run, runs, results, status, {**spent, **timings})


def _build_fault_verdict(
    exercise: Exercise, source: Submission, report: StaticReport, fault: str, timings: dict[str, float]
) -> Verdict:
    run = Run(seed=exercise.seed, end=RunEnd(kind="not_started", message=fault))
    results = [
        CheckResult(
            id=spec.id,
            title=checks.find_title(spec),
            status="error",
            points=0.0,
            max_points=spec.points,
            basis=CHECKS[spec.check].basis,
            message=FAULT_REASON,
            code=spec.check,
        )
        for spec in exercise.checks
    ]
    return _build_judged_verdict(exercise, source, report, run, [], results, "error", timings)


def _judge_without_script_checks(run: Run, exercise: Exercise, report: StaticReport) -> list[CheckResult]:
    """The results; a script returns nothing, so what rests on a returned value isn't asked of it."""
    results = checks.judge_run(run, exercise, clues=report.clues)
    if report.plan is None or report.plan.mode != "script":
        return results
    unasked = {spec.id for spec in exercise.checks if "returned" in CHECKS[spec.check].evidence}
    asked = sum(result.max_points for result in results if result.id not in unasked)
    # The others share their points, or a whole class's column would have two maxima, and a script never the pass mark.
    factor = _sum_max_points(results) / asked if asked else 1.0
    message = "not judged: the file is a script, and only a function returns something; the other checks share these points"
    return [
        structs.replace(result, status="skipped", points=0.0, max_points=0.0, message=message, hint=None)
        if result.id in unasked
        else structs.replace(result, points=round(factor * result.points, 9), max_points=round(factor * result.max_points, 9))
        for result in results
    ]


def _sum_points(results: list[CheckResult]) -> float:
    return sum(result.points for result in results)


def _sum_max_points(results: list[CheckResult]) -> float:
    return sum(result.max_points for result in results)


def _build_judged_verdict(
    exercise: Exercise,
    source: Submission,
    report: StaticReport,
    run: Run,
    runs: list[Run],
    results: list[CheckResult],
    status: Status,
    timings: dict[str, float],
) -> Verdict:
    # A gate is the grader's decision; for the reader the run ended where it should, and the check says why.
    end: EndKind = "completed" if run.end.kind == "gated" else run.end.kind
    measured = run.measured
    return Verdict(
        exercise=exercise.id,
        title=exercise.title,
        submission=SubmissionRef(path=source.path, sha256=source.sha256),
        status=status,
        score=round(_sum_points(results), 6),
        max_score=round(_sum_max_points(results), 6),
        end=end,
        end_message=_describe_end(run.end, source, report.clues, exercise),
        # A line of the joined notebook is no line that the student knows; the message names the cell instead.
        end_line=None if source.cells else run.end.line,
        end_codes=run.end.codes,
        line_to_cross=line_of_training(exercise),
        checks=add_cells_to_checks(results, source),
        training=[each.training for each in runs if each.training is not None],
        measured=_list_measured(measured) if measured else {},
        returned=run.returned,
        notes=add_cells_to_notes(_collect_notes(report, run, exercise, results), source),
        stdout=run.output,
        timings={name: round(seconds, 3) for name, seconds in timings.items()},
        environment=_describe_environment(run),
        layers=list_declared_layers(run.architecture, exercise),
        open_places=_find_open_places(report, run) if status == "failed" else None,
    )


def _list_measured(measured: Measurement) -> dict[str, float]:
    if measured.errors is not None:
        return {f"{split}_{name}": value for split, errors in measured.errors.items() for name, value in structs.asdict(errors).items()}
    found = {"train_accuracy": measured.train_accuracy, "test_accuracy": measured.test_accuracy}
    return found if measured.held_out_accuracy is None else found | {"held_out_accuracy": measured.held_out_accuracy}


def _find_open_places(report: StaticReport, run: Run) -> OpenPlaces | None:
    """What is left to fill; of a file that was not run its findings say it."""
    if report.places is None or run.end.kind == "not_started":
        return None
    return OpenPlaces(places=report.places.words, lines=report.places.lines_of_file, total=report.places.total)


def _describe_end(end: RunEnd, source: Submission, clues: Clues, exercise: Exercise) -> str:
    """Describes how the run ended and where; static findings and tracebacks already name their place."""
    if end.traceback:
        # What a line in vain was meant to do is what the error misses, so it comes before guesses at the error.
        first, *more = end.message.split("\n")
        also = [first, *_name_lost(source, clues), *more, _name_shrinking(end, source, clues)]
        return "\n".join(filter(None, [*also, add_cells_to_traceback(end.traceback, source)]))
    # Which check comes first stands with those that wait for it.
    if end.kind == "gated":
        return ""
    if end.kind == "out_of_memory" and end.line is None:
        return "\n".join([end.message, *_name_lost(source, clues), *([LARGE_MODEL] if exercise.models else [])])
    if end.line is None or end.kind == "not_started":
        return end.message
    return f"{source.describe_place(end.line)}: {end.message}"


def _name_lost(source: Submission, clues: Clues) -> list[str]:
    """Lines in vain, of which the error may be a consequence: what it asks for is then in the file."""
    return [f"{source.describe_place(cause.line or 0)}: {cause.message}. {cause.hint or ''}" for cause in clues.lost]


def _name_shrinking(end: RunEnd, source: Submission, clues: Clues) -> str:
    """Which convolutions may have made the images smaller that couldn't be added."""
    if not clues.shrinking or not is_of_unequal_shapes(end.message):
        return ""
    places = join_words([source.describe_place(line) for line in clues.shrinking[:MAX_NAMED_LINES]])
    return f"Without `padding='same'`: {places}."


def _collect_notes(report: StaticReport, run: Run, exercise: Exercise, results: list[CheckResult]) -> list[Note]:
    found = [*report.notes, *run.notes, *checks.judge_advice(run, exercise)]
    # What a failed check says by now costs something, so it is no note any more.
    told = {result.message for result in results} | ({report.places.describe()} if report.places else set())
    if run.end.traceback:
        told |= {cause.message for cause in report.clues.lost}
    # The same remark may come from the text and from the run.
    merged = {(note.line, note.message): note for note in found if note.message not in told}
    return sorted(merged.values(), key=lambda note: (note.line or 0, note.message))


def _describe_environment(run: Run) -> GradingEnvironment:
    versions = run.versions
    return GradingEnvironment(
        python=platform.python_version(),
        keras=versions.get("keras"),
        tensorflow=versions.get("tensorflow"),
        jax=versions.get("jax") if versions.get("backend") == "jax" else None,
        backend=versions.get("backend"),
        cpu=platform.machine(),
        gpu=versions.get("gpu"),
    )


def list_declared_layers(architecture: Architecture | None, exercise: Exercise) -> list[DeclaredLayer]:
    """A row for each layer; with a table in the exercise, one for each layer that is missing, too."""
    if architecture is None:
        return []
    layers = architecture.layers[:MAX_SHOWN_LAYERS]
    table = next((spec for spec in exercise.checks if spec.check == "architecture.table"), None)
    if table is None:
        return [_build_declared_layer(layer) for layer in layers]
    pairs = tables.compare_layers(tables.expand_rows(checks.convert_arguments(table)["rows"], {}), layers)
    return [_build_paired_layer(pair) for pair in pairs]


def _build_paired_layer(pair: tables.LayerPair) -> DeclaredLayer:
    asked = tables.describe_row(pair.row) if pair.row is not None else None
    if pair.layer is None:
        return DeclaredLayer(asked=asked, fault=pair.fault)
    return _build_declared_layer(pair.layer, asked, pair.fault)


def _build_declared_layer(layer: ModelLayer, asked: str | None = None, fault: str | None = None) -> DeclaredLayer:
    shape, parameters = list(layer.output_shape), layer.parameters
    return DeclaredLayer(
        kind=layer.kind, name=layer.name, output_shape=shape, parameters=parameters, asked=asked, fault=fault
    )


def add_cells_to_checks(results: Sequence[CheckResult], source: Submission) -> list[CheckResult]:
    """Check results whose messages name the cell; those of a .py file as they are."""
    return [
        structs.replace(result, message=f"{result.message} ({source.describe_place(result.line)})", line=None)
        if source.cells and result.line
        else result
        for result in results
    ]


def add_cells_to_notes(notes: Sequence[Note], source: Submission) -> list[Note]:
    """Notes whose messages begin with the cell; those on a .py file as they are."""
    return [
        Note(line=None, message=f"{source.describe_place(note.line)}: {note.message}")
        if source.cells and note.line
        else note
        for note in notes
    ]


def add_cells_to_traceback(text: str, source: Submission) -> str:
    """A traceback whose frames name the cell."""
    if not source.cells:
        return text
    return FRAME_PATTERN.sub(lambda found: f'File "{found["file"]}", {source.describe_place(int(found["line"]))}', text)
