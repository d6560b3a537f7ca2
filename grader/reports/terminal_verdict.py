"""One verdict in a terminal, part by part."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.reports.curve import sparkline
from grader.reports.reading import (
    crossed,
    duration,
    ending,
    figure,
    figures,
    file_name,
    headline,
    line_figure,
    measured,
    next_step,
    points,
    score,
    shown_metric,
    training,
)
from grader.reports.returned import returned
from grader.reports.screen import MARKS, Screen, labelled, row, words
from grader.reports.text import line
from grader.verdict import CheckResult, LineToCross, Note, TrainingRecord, Verdict

BASIS_WIDTH = 8
OUTPUT_LINES = 12
END_LINES = 24
LONGEST_LINE = 400


def one(verdict: Verdict, screen: Screen) -> Iterator[RenderableType]:
    """The parts of the report on one verdict, from the verdict at a glance to the next step."""
    yield from _top(verdict)
    yield Text("")
    yield from checks(verdict.checks, screen)
    yield from _facts(verdict, screen)
    yield from notes(verdict.notes)
    if verdict.stdout and (screen.verbose or verdict.end not in ("completed", "not_started")):
        yield Text("\nYour output", style="bold")
        yield Padding(_last(verdict.stdout, OUTPUT_LINES), (0, 0, 0, 2))
    yield Text.assemble("\n", ("Next: ", "bold"), words(next_step(verdict)))


def _top(verdict: Verdict) -> Iterator[RenderableType]:
    mark, colour = MARKS[verdict.status]
    yield Text.assemble((f"{mark} {headline(verdict)}", f"bold {colour}"), f"  {score(verdict)}")
    about = [verdict.exercise, verdict.title, file_name(verdict.submission.path, most=120)]
    yield Text(" · ".join(line(part, 120) for part in about if part), style="dim")
    if sentence := ending(verdict):
        yield Text(f"\n{sentence}", style="bold")
    if verdict.end_message and sentence:
        yield Padding(_last(verdict.end_message, END_LINES), (0, 0, 0, 2))


def _last(text: str, most: int) -> Text:
    """The last lines of a long text; what was left out is counted."""
    lines = text.rstrip("\n").split("\n")
    left_out = len(lines) - most
    head = f"… {left_out:,} lines before\n" if left_out > 0 else ""
    return words(head + "\n".join(each[:LONGEST_LINE] for each in lines[-most:]), limit=most * LONGEST_LINE)


def checks(results: Sequence[CheckResult], screen: Screen) -> Iterator[RenderableType]:
    """A row for each check, with what was expected and came where it cost points."""
    width = max((len(points(check)) for check in results), default=0)
    said: set[str] = set()
    for check in results:
        right = [(points(check), width), (check.basis, BASIS_WIDTH)]
        yield row(check.status, words(check.title), right, screen)
        if details := list(_details(check, said)):
            yield labelled(details, indent=2 if screen.narrow else 4)
        said.add(check.message)


def _details(check: CheckResult, said: set[str]) -> Iterator[tuple[str, Text]]:
    """Why a check cost points; a reason that was given above isn't given again."""
    if check.status == "passed":
        return
    if check.message not in said:
        yield ("why", words(check.message))
    for label, text in (("expected", check.expected), ("got", check.got), ("hint", check.hint)):
        if text:
            yield (label, words(text, "cyan" if label == "hint" else ""))
    if check.line:
        yield ("line", Text(str(check.line)))


def _facts(verdict: Verdict, screen: Screen) -> Iterator[RenderableType]:
    rows = [*_trainings(verdict, screen)]
    if found := measured(verdict):
        rows.append(("Measured", words(", ".join(f"{name} {value}" for name, value in found))))
    if verdict.returned is not None:
        rows.append(("Returned", words(returned(verdict.returned), limit=200)))
    if screen.verbose:
        rows.extend(_circumstances(verdict))
    if rows:
        yield Text("")
        yield labelled(rows)


def _trainings(verdict: Verdict, screen: Screen) -> Iterator[tuple[str, Text]]:
    to_cross = verdict.line_to_cross
    several = len(verdict.training) > 1
    for index, record in enumerate(verdict.training):
        seed = f"seed {record.seed}: " if several or screen.verbose else ""
        lines = [words(seed + training(record)), *_curve(record, to_cross, screen)]
        yield ("Training" if index == 0 else "", Text("\n").join(lines))
    if several:
        yield ("", words("A near miss is tried again with other seeds; the best attempt counts."))


def _curve(record: TrainingRecord, to_cross: LineToCross | None, screen: Screen) -> Iterator[Text]:
    metric = shown_metric(record, to_cross)
    if metric is None:
        return
    values = figures(record, metric)
    above = to_cross.above if to_cross and to_cross.metric == metric else None
    text = Text(sparkline(values, width=12 if screen.narrow else 30) if len(values) > 1 else "", style="cyan")
    came = " → ".join(figure(value, above) for value in (values[0], values[-1])[: len(values)])
    text.append(f"{' ' if text else ''}{metric} {came}", style="default")
    if above is not None:
        text.append(_crossing(values, above), style="default")
    yield text


def _crossing(values: list[float], above: float) -> str:
    if (epoch := crossed(values, above)) is not None:
        return f", above {line_figure(above)} in epoch {epoch + 1}"
    best = max((value for value in values if math.isfinite(value)), default=math.nan)
    return f", best {figure(best, above)}, not above {line_figure(above)}"


def _circumstances(verdict: Verdict) -> Iterator[tuple[str, Text]]:
    if verdict.timings:
        yield ("Time", words(" · ".join(f"{name} {duration(spent)}" for name, spent in verdict.timings.items())))
    if verdict.environment:
        here = msgspec.structs.asdict(verdict.environment)
        yield ("With", words(" · ".join(f"{name} {value}" for name, value in here.items() if value)))


def notes(found: Sequence[Note]) -> Iterator[RenderableType]:
    """The remarks on a file, if there are any."""
    if not found:
        return
    yield Text("\nNotes (they cost nothing)", style="bold")
    shown = found[:20]
    yield labelled(((f"line {note.line}" if note.line else "note", words(note.message)) for note in shown), indent=2)
    if len(found) > len(shown):
        yield Text(f"  … {len(found) - len(shown)} more")
