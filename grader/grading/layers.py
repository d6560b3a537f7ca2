"""The declared layers for the verdict, beside those that the exercise's table asks for."""

from __future__ import annotations

from grader import checks
from grader.checks import tables
from grader.exercise import Exercise
from grader.run import Architecture, Layer
from grader.verdict import DeclaredLayer

MOST = 400


def declared(architecture: Architecture | None, exercise: Exercise) -> list[DeclaredLayer]:
    """A row for each layer; with a table in the exercise, one for each layer that is missing, too."""
    if architecture is None:
        return []
    layers = architecture.layers[:MOST]
    table = next((spec for spec in exercise.checks if spec.check == "architecture.table"), None)
    if table is None:
        return [_row(layer) for layer in layers]
    pairs = tables.compare(tables.spread(checks.arguments(table)["rows"], {}), layers)
    return [_paired(pair) for pair in pairs]


def _paired(pair: tables.Pair) -> DeclaredLayer:
    asked = tables.in_words(pair.row) if pair.row is not None else None
    if pair.layer is None:
        return DeclaredLayer(asked=asked, fault=pair.fault)
    return _row(pair.layer, asked, pair.fault)


def _row(layer: Layer, asked: str | None = None, fault: str | None = None) -> DeclaredLayer:
    shape, parameters = list(layer.output_shape), layer.parameters
    return DeclaredLayer(
        kind=layer.kind, name=layer.name, output_shape=shape, parameters=parameters, asked=asked, fault=fault
    )
