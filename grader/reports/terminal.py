"""Verdicts for the terminal: one file's with its curve, or a class's as rows. Computes nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TextIO

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.messages.text import escape_line
from grader.records.verdict import CheckResult, LineToCross, Note, TrainingRecord, Verdict
from grader.reports.jsontext import describe_returned
from grader.reports.reading import (
    describe_bases,
    describe_counts,
    describe_ending,
    describe_first_finding,
    describe_next_step,
    describe_training,
    extract_figures,
    find_crossing,
    format_duration,
    format_figure,
    format_headline,
    format_number,
    format_points,
    format_score,
    line_figure,
    list_details,
    list_measurements,
    pick_shown_metric,
    put_beside,
    put_failures_first,
    shorten_path,
)
from grader.reports.screen import (
    STATUS_MARKS,
    Screen,
    detect_screen,
    draw_parts,
    make_labelled_rows,
    make_row,
    make_text,
)

BLOCK_STEPS = "▁▂▃▄▅▆▇█"
BASIS_WIDTH = 8
MAX_OUTPUT_LINES = 12
MAX_END_LINES = 24
MAX_OUTPUT_LINE = 400
MAX_DETAIL_CHARS = 1800
DETAIL_INDENT = 14


def render(verdicts: Sequence[Verdict], screen: Screen = Screen(), following: str = "") -> str:  # noqa: B008 - frozen
    """One verdict in full, or a line or two for each of several; 80 columns without colour unless told otherwise."""
    return draw_parts(draw_verdict(verdicts[0], screen, describe_next_step(verdicts[0], following)) if len(verdicts) == 1 else draw_class(verdicts, screen), screen)


def show_report(verdicts: Sequence[Verdict], stream: TextIO, *, verbose: bool = False, following: str = "") -> None:
    """Writes the report to a stream in the form that suits it.

    Args:
        verdicts: what to show.
        stream: usually stdout; no colour unless it is a terminal, and none with NO_COLOR.
        verbose: timings, environment and the file's own output too.
        following: the command that begins the next exercise, for the end of a pass.
    """
    stream.write(render(verdicts, detect_screen(stream, verbose=verbose), following))
    stream.flush()


def draw_sparkline(values: Sequence[float], width: int = 30, steps: str = BLOCK_STEPS) -> str:
    """Low to high blocks, one per value; more values than fit are thinned, the first and last kept.

    >>> draw_sparkline([0.95, 0.985, 0.99, 0.993, 0.998])
    '▁▆▇▇█'
    >>> draw_sparkline([1.0, float("nan"), 2.0])
    '▁ █'
    """
    shown = sample_evenly(values, width)
    finite = [value for value in shown if math.isfinite(value)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    # A training whose figures don't change is drawn as a flat line.
    span = high - low or 1.0
    return "".join(
        steps[round((value - low) / span * (len(steps) - 1))] if math.isfinite(value) else " " for value in shown
    )


def sample_evenly(values: Sequence[float], most: int) -> list[float]:
    """At most `most` of the values at even distances, the first and the last among them.

    >>> sample_evenly([0, 1, 2, 3, 4, 5, 6], 3)
    [0, 3, 6]
    """
    if len(values) <= most or most < 2:
        return list(values[:most])
    return [values[round(index * (len(values) - 1) / (most - 1))] for index in range(most)]


def draw_class(verdicts: Sequence[Verdict], screen: Screen) -> Iterator[RenderableType]:
    """A row for each verdict with its first finding, and the totals."""
    several = len({verdict.exercise for verdict in verdicts}) > 1
    width = max((len(_format_points(verdict)) for verdict in verdicts), default=0)
    for verdict in verdicts:
        path = escape_line(shorten_path(verdict.submission.path))
        name = f"{verdict.exercise}  {path}" if several else path
        yield make_row(verdict.status, Text(name, overflow="fold"), [(_format_points(verdict), width)], screen)
        if reason := describe_first_finding(verdict):
            yield Padding(Text(escape_line(reason, 160), style="dim"), (0, 0, 0, 2))
    yield Text(("\n" if verdicts else "") + describe_counts(verdicts), style="bold")


def _format_points(verdict: Verdict) -> str:
    earned = "–" if verdict.status == "error" else format_number(verdict.score)
    return f"{earned}/{format_number(verdict.max_score)}"


def draw_verdict(verdict: Verdict, screen: Screen, next_step: str = "") -> Iterator[RenderableType]:
    """The parts of the report on one verdict, from the verdict at a glance to the next step."""
    yield from _draw_heading(verdict)
    yield Text("")
    # The checks of another edition's exercise would only send the reader the wrong way.
    if verdict.edition and not screen.verbose:
        yield from draw_notes(verdict.notes[:1])
        yield Text.assemble("\n", ("Next: ", "bold"), make_text(next_step or describe_next_step(verdict)))
        return
    yield from draw_checks(verdict.checks, screen)
    if legend := describe_bases(verdict):
        yield Text(f"\n{legend}", style="dim")
    yield from _draw_facts(verdict, screen)
    yield from draw_notes(verdict.notes)
    # Output explains a crash; after a normal end it would push the report off the screen.
    if verdict.stdout and (screen.verbose or verdict.end not in ("completed", "not_started")):
        yield Text("\nYour output", style="bold")
        yield Padding(_trim_to_last_lines(verdict.stdout, MAX_OUTPUT_LINES), (0, 0, 0, 2))
    yield Text.assemble("\n", ("Next: ", "bold"), make_text(next_step or describe_next_step(verdict)))


def _draw_heading(verdict: Verdict) -> Iterator[RenderableType]:
    mark, colour = STATUS_MARKS[verdict.status]
    yield Text.assemble((f"{mark} {format_headline(verdict)}", f"bold {colour}"), f"  {format_score(verdict)}")
    about = [verdict.exercise, verdict.title, shorten_path(verdict.submission.path, most=120)]
    yield Text(" · ".join(escape_line(part, 120) for part in about if part), style="dim")
    if sentence := describe_ending(verdict):
        yield Text(f"\n{sentence}", style="bold")
    if verdict.end_message and sentence:
        yield Padding(_trim_to_last_lines(verdict.end_message, MAX_END_LINES), (0, 0, 0, 2))


def _trim_to_last_lines(text: str, most: int) -> Text:
    """The last lines of a long text; what was left out is counted."""
    lines = text.rstrip("\n").split("\n")
    left_out = len(lines) - most
    head = f"… {left_out:,} lines before\n" if left_out > 0 else ""
    # Each line is cut by itself, so that one endless line doesn't take the room of the others.
    return make_text(head + "\n".join(each[:MAX_OUTPUT_LINE] for each in lines[-most:]), limit=most * MAX_OUTPUT_LINE)


def draw_checks(results: Sequence[CheckResult], screen: Screen) -> Iterator[RenderableType]:
    """A row for each check, what is to be mended first, with what was expected and came where it cost points."""
    width = max((len(format_points(check)) for check in results), default=0)
    said: set[str] = set()
    for check in put_failures_first(results):
        right = [(format_points(check), width), (check.basis, BASIS_WIDTH)]
        yield make_row(check.status, make_text(check.title), right, screen)
        if details := list(_describe_failure(check, said, screen)):
            yield make_labelled_rows(details, indent=2 if screen.narrow else 4)
        said.add(check.message)


def _describe_failure(check: CheckResult, said: set[str], screen: Screen) -> Iterator[tuple[str, Text]]:
    """Why a check cost points; a reason that was given above isn't given again."""
    if check.status == "passed":
        return
    # Checks that are skipped for one reason would repeat it line by line.
    if check.message not in said:
        yield ("why", make_text(check.message))
    details = dict(list_details(check))
    # Two arrays are compared at a glance only where they are side by side.
    beside = put_beside(details.get("expected", ""), details.get("got", ""), "got", screen.width - DETAIL_INDENT)
    if beside is not None and "\n" in (check.expected or ""):
        details = {label: text for label, text in details.items() if label != "got"} | {"expected": beside}
    for label, text in details.items():
        yield (label, make_text(text, "cyan" if label == "hint" else "", limit=MAX_DETAIL_CHARS))
    if check.line:
        yield ("line", Text(str(check.line)))


def _draw_facts(verdict: Verdict, screen: Screen) -> Iterator[RenderableType]:
    rows = [*_describe_trainings(verdict, screen)]
    if found := list_measurements(verdict):
        rows.append(("Measured", make_text(", ".join(f"{name} {value}" for name, value in found))))
    if verdict.returned is not None:
        rows.append(("Returned", make_text(describe_returned(verdict.returned), limit=200)))
    if screen.verbose:
        rows.extend(_describe_circumstances(verdict))
    if rows:
        yield Text("")
        yield make_labelled_rows(rows)


def _describe_trainings(verdict: Verdict, screen: Screen) -> Iterator[tuple[str, Text]]:
    to_cross = verdict.line_to_cross
    several = len(verdict.training) > 1
    for index, record in enumerate(verdict.training):
        seed = f"seed {record.seed}: " if several or screen.verbose else ""
        lines = [make_text(seed + describe_training(record)), *_draw_curve(record, to_cross, screen)]
        yield ("Training" if index == 0 else "", Text("\n").join(lines))
    if several:
        yield ("", make_text("It was a near miss, so it was tried again with other seeds; the best attempt counts."))


def _draw_curve(record: TrainingRecord, to_cross: LineToCross | None, screen: Screen) -> Iterator[Text]:
    metric = pick_shown_metric(record, to_cross)
    if metric is None:
        return
    values = extract_figures(record, metric)
    above = to_cross.above if to_cross and to_cross.metric == metric else None
    text = Text(draw_sparkline(values, width=12 if screen.narrow else 30) if len(values) > 1 else "", style="cyan")
    # With a single epoch the first figure is the last one, too.
    came = " → ".join(format_figure(value, above) for value in (values[0], values[-1])[: len(values)])
    text.append(f"{' ' if text else ''}{metric} {came}", style="default")
    if above is not None:
        text.append(_describe_crossing(values, above), style="default")
    yield text


def _describe_crossing(values: list[float], above: float) -> str:
    if (epoch := find_crossing(values, above)) is not None:
        return f", above {line_figure(above)} in epoch {epoch + 1}"
    best = max((value for value in values if math.isfinite(value)), default=math.nan)
    return f", best {format_figure(best, above)}, not above {line_figure(above)}"


def _describe_circumstances(verdict: Verdict) -> Iterator[tuple[str, Text]]:
    if verdict.timings:
        yield (
            "Time",
            make_text(" · ".join(f"{name} {format_duration(spent)}" for name, spent in verdict.timings.items())),
        )
    if verdict.environment:
        here = msgspec.structs.asdict(verdict.environment)
        yield ("With", make_text(" · ".join(f"{name} {value}" for name, value in here.items() if value)))


def draw_notes(found: Sequence[Note]) -> Iterator[RenderableType]:
    """The remarks on a file, if there are any."""
    if not found:
        return
    yield Text("\nNotes (no points lost)", style="bold")
    shown = found[:20]
    yield make_labelled_rows(
        ((f"line {note.line}" if note.line else "note", make_text(note.message)) for note in shown), indent=2
    )
    if len(found) > len(shown):
        yield Text(f"  … {len(found) - len(shown)} more")
