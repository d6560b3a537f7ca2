"""What a submission's page shows, made ready for its template: rows of checks, trainings, comparisons, layers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from grader.reports import jsontext
from grader.reports.chart import Chart, chart
from grader.reports.excerpt import SourceLine, excerpt
from grader.reports.reading import MEASURES, figure, training
from grader.reports.returned import returned
from grader.verdict import CheckResult, DeclaredLayer, TrainingRecord, Verdict

MOST_EPOCHS = 100
MOST_LAYERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """A check with the lines that it speaks of; `repeated` when its message was given above."""

    check: CheckResult
    excerpt: list[SourceLine]
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
    chart: Chart | None
    keys: list[str]
    rows: list[EpochRow]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRow:
    """One declared layer in words, and what is asked for in its place."""

    kind: str
    name: str
    output: str
    parameters: str
    asked: str
    status: str
    fault: str


def check_rows(verdict: Verdict, source: str | None) -> list[CheckRow]:
    """The checks in their order."""
    rows: list[CheckRow] = []
    said: set[str] = set()
    for check in verdict.checks:
        rows.append(CheckRow(check=check, excerpt=lines_around(source, check.line), repeated=check.message in said))
        said.add(check.message)
    return rows


def lines_around(source: str | None, line: int | None) -> list[SourceLine]:
    """The line in its context; empty where the file's text or the line isn't known."""
    return excerpt(source, line) if source is not None and line is not None else []


def trainings(verdict: Verdict) -> list[TrainingRow]:
    """Each attempt's training."""
    to_cross = verdict.line_to_cross
    return [_training(record, chart(record, to_cross)) for record in verdict.training]


def _training(record: TrainingRecord, drawn: Chart | None) -> TrainingRow:
    parts = {cut.at: {f"{key} (part of an epoch)": value for key, value in cut.figures.items()} for cut in record.cut_epochs}
    epochs = [{**logs, **parts.get(index, {})} for index, logs in enumerate(record.epochs)]
    keys = list(dict.fromkeys(key for logs in epochs for key in logs if key != "epoch"))[:12]
    rows = [
        EpochRow(number=index, figures=[figure(logs.get(key, math.nan)) for key in keys])
        for index, logs in enumerate(epochs[:MOST_EPOCHS], 1)
    ]
    left_out = max(0, len(record.epochs) - MOST_EPOCHS)
    return TrainingRow(
        seed=record.seed, sentence=training(record), chart=drawn, keys=keys, rows=rows, left_out=left_out
    )


def comparison(verdict: Verdict) -> list[tuple[str, str, str]]:
    """Rows of what was measured beside what the file returned; a dash where one of them says nothing."""
    last = verdict.training[-1] if verdict.training else None
    claimed = _claim(verdict.returned)
    rows: list[tuple[str, str, str]] = []
    if last is not None:
        accuracy = last.epochs[-1].get("accuracy", math.nan) if last.epochs else math.nan
        rows.append(("epochs", str(len(last.epochs)), claimed[0] if claimed else "–"))
        rows.append(("accuracy of the last epoch", figure(accuracy), claimed[1] if claimed else "–"))
    rows += [(MEASURES.get(key, key), figure(value), "–") for key, value in verdict.measured.items()]
    if verdict.returned is not None and (not claimed or last is None):
        rows.append(("returned value", "–", returned(verdict.returned)))
    return rows


def _claim(value: Any) -> tuple[str, str] | None:
    """The number of epochs and the accuracy that a file returned, where it returned such a pair."""
    match value:
        case [list() as epochs, float() | int() as accuracy] if not isinstance(accuracy, bool):
            return str(len(epochs)), figure(accuracy) if isinstance(accuracy, float) else jsontext.short(accuracy, 20)
    return None


def layers(verdict: Verdict) -> list[LayerRow]:
    """The declared layers, from the first to the last, with what is asked for in their places."""
    return [_layer(layer) for layer in verdict.layers[:MOST_LAYERS]]


def _layer(layer: DeclaredLayer) -> LayerRow:
    missing = layer.kind is None
    return LayerRow(
        kind=layer.kind or "missing",
        name=layer.name,
        output="" if missing else _shape(layer.output_shape),
        parameters="" if missing else f"{layer.parameters:,}",
        asked=layer.asked or "–",
        status="failed" if layer.fault else "passed",
        fault=layer.fault or "",
    )


def _shape(sizes: list[int | None]) -> str:
    """The shape of one example's output; the batch comes first, and its size is open."""
    one = sizes[1:] if sizes and sizes[0] is None else sizes
    return " × ".join("?" if size is None else f"{size:,}" for size in one)
