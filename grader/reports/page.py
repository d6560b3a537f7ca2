"""What a submission's page shows, made ready for its template: rows of checks, trainings, comparisons, layers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from grader.records.verdict import CheckResult, DeclaredLayer, TrainingRecord, Verdict
from grader.reports import jsontext
from grader.reports.chart import TrainingChart, build_chart
from grader.reports.jsontext import describe_returned
from grader.reports.reading import MEASURE_TITLES, describe_training, format_figure, put_failures_first

MAX_EPOCH_ROWS = 100
MAX_LAYER_ROWS = 200
LINES_AROUND = 3
MAX_EXCERPT_LINE = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcerptLine:
    """One line of the file; `hit` marks the one that is meant."""

    number: int
    text: str
    hit: bool


def extract_excerpt(source: str, line: int, around: int = LINES_AROUND) -> list[ExcerptLine]:
    r"""The line with those around it, each cut to 160 characters; empty where the file has no such line.

    >>> [(each.number, each.text, each.hit) for each in extract_excerpt("a\nb\nc", 2, around=1)]
    [(1, 'a', False), (2, 'b', True), (3, 'c', False)]
    """
    # Only these end a line for Python; `splitlines` knows more, and would count differently.
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not 1 <= line <= len(lines):
        return []
    first = max(1, line - around)
    chosen = lines[first - 1 : line + around]
    return [ExcerptLine(number=first + i, text=_shorten_line(text), hit=first + i == line) for i, text in enumerate(chosen)]


def _shorten_line(text: str) -> str:
    return text if len(text) <= MAX_EXCERPT_LINE else text[:MAX_EXCERPT_LINE] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """A check with the lines that it speaks of; `repeated` when its message was given above."""

    check: CheckResult
    excerpt: list[ExcerptLine]
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRow:
    """One epoch's figures in the order of the columns; `number` counts from 1."""

    number: int
    figures: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRow:
    """One training: its chart, its sentence and the table of its first epochs."""

    seed: int
    sentence: str
    chart: TrainingChart | None
    keys: list[str]
    rows: list[EpochRow]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRow:
    """One declared layer in words, and the layer that the exercise expects there."""

    kind: str
    name: str
    output: str
    parameters: str
    asked: str
    status: str
    fault: str


def build_check_rows(verdict: Verdict, source: str | None) -> list[CheckRow]:
    """The checks, what is to be mended first."""
    rows: list[CheckRow] = []
    said: set[str] = set()
    for check in put_failures_first(verdict.checks):
        rows.append(CheckRow(check=check, excerpt=find_source_lines(source, check.line), repeated=check.message in said))
        said.add(check.message)
    return rows


def find_source_lines(source: str | None, line: int | None) -> list[ExcerptLine]:
    """The line in its context; empty where the file's text or the line isn't known."""
    return extract_excerpt(source, line) if source is not None and line is not None else []


def build_training_rows(verdict: Verdict) -> list[TrainingRow]:
    """Each attempt's training."""
    to_cross = verdict.line_to_cross
    return [_build_training_row(record, build_chart(record, to_cross)) for record in verdict.training]


def _build_training_row(record: TrainingRecord, drawn: TrainingChart | None) -> TrainingRow:
    # Columns of their own, since they are averages over fewer examples.
    parts = {cut.at: {f"{key} (part of an epoch)": value for key, value in cut.figures.items()} for cut in record.cut_epochs}
    epochs = [{**logs, **parts.get(index, {})} for index, logs in enumerate(record.epochs)]
    keys = list(dict.fromkeys(key for logs in epochs for key in logs if key != "epoch"))[:12]
    rows = [
        EpochRow(number=index, figures=[format_figure(logs.get(key, math.nan)) for key in keys])
        for index, logs in enumerate(epochs[:MAX_EPOCH_ROWS], 1)
    ]
    left_out = max(0, len(record.epochs) - MAX_EPOCH_ROWS)
    return TrainingRow(
        seed=record.seed, sentence=describe_training(record), chart=drawn, keys=keys, rows=rows, left_out=left_out
    )


def compare_claim(verdict: Verdict) -> list[tuple[str, str, str]]:
    """Builds rows of measured and returned figures, with a dash for a missing one."""
    last = verdict.training[-1] if verdict.training else None
    claimed = _parse_claim(verdict.returned)
    rows: list[tuple[str, str, str]] = []
    if last is not None:
        accuracy = last.epochs[-1].get("accuracy", math.nan) if last.epochs else math.nan
        rows.append(("epochs", str(len(last.epochs)), claimed[0] if claimed else "–"))
        rows.append(("accuracy of the last epoch", format_figure(accuracy), claimed[1] if claimed else "–"))
    rows += [(MEASURE_TITLES.get(key, key), format_figure(value), "–") for key, value in verdict.measured.items()]
    # A pair of epochs and accuracy is in the rows above.
    if verdict.returned is not None and (not claimed or last is None):
        rows.append(("returned value", "–", describe_returned(verdict.returned)))
    return rows


def _parse_claim(value: Any) -> tuple[str, str] | None:
    """The number of epochs and the accuracy that a file returned, where it returned such a pair."""
    match value:
        case [list() as epochs, float() | int() as accuracy] if not isinstance(accuracy, bool):
            return str(len(epochs)), format_figure(accuracy) if isinstance(accuracy, float) else jsontext.render_short_json(accuracy, 20)
    return None


def build_layer_rows(verdict: Verdict) -> list[LayerRow]:
    """The declared layers, from the first to the last, with those that the exercise expects."""
    return [_build_layer_row(layer) for layer in verdict.layers[:MAX_LAYER_ROWS]]


def _build_layer_row(layer: DeclaredLayer) -> LayerRow:
    missing = layer.kind is None
    return LayerRow(
        kind=layer.kind or "missing",
        name=layer.name,
        output="" if missing else _format_shape(layer.output_shape),
        parameters="" if missing else f"{layer.parameters:,}",
        asked=layer.asked or "–",
        status="failed" if layer.fault else "passed",
        fault=layer.fault or "",
    )


def _format_shape(sizes: list[int | None]) -> str:
    """The shape of one example's output; the batch comes first, and its size is open."""
    one = sizes[1:] if sizes and sizes[0] is None else sizes
    return " × ".join("?" if size is None else f"{size:,}" for size in one)
