"""Compares a layer table with a model's layers, and describes where they differ."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from msgspec import Struct, field, structs

from grader.checks.alignment import align
from grader.checks.architecture import KERAS_LAYERS
from grader.checks.equal_layers import ACTIVATION_BY_LAYER, ACTIVATION_NAMES, PREPARING_LAYERS
from grader.checks.wording import escape_name, format_count
from grader.courses.yaml_tree import format_suggestion
from grader.records.clues import CodePlace
from grader.records.run import ModelLayer

SIZE_OPTIONS = ("kernel_size", "pool_size", "strides")
LAYER_OPTIONS = ("filters", "units", "kernel_size", "pool_size", "strides", "padding", "activation", "rate")
MAX_COLUMN_WIDTH = 34
MAX_SHOWN_ROWS = 7
# Beside 1 for a row or a layer that stands alone.
DIFFERENCE_COST = 1.0
OTHER_KIND_COST = 1.5
NumberOrName = int | str


class ExpectedLayer(Struct, frozen=True, kw_only=True):
    """One layer as an exercise asks for it; what isn't named may be anything. Or a group: `rows` that come `times`.

    A text such as `=filters` is the argument of that name with which the graded function was called.
    `output` is the shape without the batch, `parameters` the layer's own number of weights.
    """

    layer: str | None = None
    filters: NumberOrName | None = None
    units: NumberOrName | None = None
    kernel_size: int | list[int] | None = None
    pool_size: int | list[int] | None = None
    strides: int | list[int] | None = None
    padding: Literal["valid", "same"] | None = None
    activation: str | None = None
    rate: float | None = None
    output: list[int] | None = None
    parameters: int | None = None
    times: NumberOrName = 1
    rows: list[ExpectedLayer] = field(default_factory=list)

    def __post_init__(self) -> None:
        if (self.layer is None) != bool(self.rows):
            raise ValueError("a row names either a layer, or rows and how many times they come")
        if self.layer is not None and self.layer not in KERAS_LAYERS:
            raise ValueError(f'there is no layer "{self.layer}"{format_suggestion(self.layer, KERAS_LAYERS)}')


class Difference(Struct, frozen=True, kw_only=True):
    """Where a layer differs from its row: in being there at all, in its kind, in its output, and so on."""

    where: Literal["missing", "surplus", "kind", "idle", "option", "output", "parameters"]
    option: str = ""
    wanted: str = ""
    got: str = ""
    because: str = ""


class LayerPair(Struct, frozen=True, kw_only=True):
    """A row, the layer in its place, and the first difference between them; None if there is none."""

    row: ExpectedLayer | None
    layer: ModelLayer | None
    difference: Difference | None

    @property
    def fault(self) -> str | None:
        """How the layer differs from its row, in words that follow "layer 3"."""
        return None if self.difference is None else _told(self.difference, self.layer.kind if self.layer else "")


def expand_rows(table: Sequence[ExpectedLayer], call: Mapping[str, Any]) -> list[ExpectedLayer]:
    """The rows one by one, with the arguments of a call in the places of their names.

    Raises:
        ValueError: a name that is no argument of the call.

    >>> group = ExpectedLayer(times="=n", rows=[ExpectedLayer(layer="Dense", units="=units")])
    >>> [row.units for row in expand_rows([group], {"n": 2, "units": 32})]
    [32, 32]
    """
    rows: list[ExpectedLayer] = []
    for row in table:
        rows += (expand_rows(row.rows, call) if row.rows else [row]) * int(_resolve_value(row.times, call))
    return [structs.replace(row, filters=_resolve_value(row.filters, call), units=_resolve_value(row.units, call)) for row in rows]


def _resolve_value(value: Any, call: Mapping[str, Any]) -> Any:
    if not isinstance(value, str):
        return value
    if not value.startswith("=") or value[1:] not in call:
        raise ValueError(f'"{value}" names no argument; the function is called with {", ".join(call) or "none"}')
    return call[value[1:]]


def compare_layers(rows: Sequence[ExpectedLayer], layers: Sequence[ModelLayer]) -> list[LayerPair]:
    """The rows and the layers side by side, matched as well as their order allows."""
    return _match_rows(rows, _merge_activation_layers(layers, rows))


def compare_last_layers(rows: Sequence[ExpectedLayer], layers: Sequence[ModelLayer]) -> tuple[list[LayerPair], int]:
    """The rows and the end of the layers, as `compare_layers`; and how many layers come before those.

    As long an end as there are rows, or a little more or less where that differs in fewer places: so a layer that was
    left out is one difference.
    """
    found, size = _merge_activation_layers(layers, rows), len(rows)
    # Zero first: of equally good ends `min` keeps the earliest in this list, the one of the rows' own length.
    starts = [max(0, len(found) - size + shift) for shift in (0, 1, -1, 2, -2)]
    ends = [(_match_rows(rows, found[start:]), start) for start in starts]
    return min(ends, key=lambda end: sum(_weigh(pair.difference) for pair in end[0]))


def _match_rows(rows: Sequence[ExpectedLayer], found: Sequence[ModelLayer]) -> list[LayerPair]:
    pairs = align(rows, found, lambda row, layer: _weigh(_difference(row, layer)))
    return [LayerPair(row=row, layer=layer, difference=_difference(row, layer)) for row, layer in pairs]


def _weigh(difference: Difference | None) -> float:
    """What a pair costs: with a wrong option it belongs together, of another kind only where both would stand alone."""
    return 0.0 if difference is None else OTHER_KIND_COST if difference.where == "kind" else DIFFERENCE_COST


def _merge_activation_layers(layers: Sequence[ModelLayer], rows: Sequence[ExpectedLayer]) -> list[ModelLayer]:
    """Drops layers that only prepare the images, and merges an activation layer into the layer before it.

    An activation stays where the rows list it after such a layer, or where the layer before it has one already.
    """
    asked = {row.layer for row in rows}
    listed = {(row.layer, after.layer) for row, after in pairwise(rows)}
    result: list[ModelLayer] = []
    for layer in (_convert_to_activation(layer, asked) for layer in layers):
        if not result and layer.kind in PREPARING_LAYERS and layer.kind not in asked:
            continue
        before = result[-1] if result else None
        # An activation may only be merged into the layer that it takes its input from, and one activation at most.
        fits = before is not None and before.config.get("activation") == "linear" and before.name in layer.sources
        if before is not None and fits and layer.kind in ACTIVATION_BY_LAYER and (before.kind, layer.kind) not in listed:
            function = ACTIVATION_BY_LAYER[layer.kind] or layer.config.get("activation")
            # Under the activation's name, since the layers that follow name it as their source.
            result[-1] = structs.replace(before, name=layer.name, config={**before.config, "activation": function})
        else:
            result.append(layer)
    return result


def _convert_to_activation(layer: ModelLayer, asked: set[str | None]) -> ModelLayer:
    """A layer such as ReLU as the Activation of that name, where the rows ask for Activation and not for ReLU."""
    function = ACTIVATION_BY_LAYER.get(layer.kind)
    if function is None or layer.kind in asked or "Activation" not in asked:
        return layer
    return structs.replace(layer, kind="Activation", config={**layer.config, "activation": function})


def _difference(row: ExpectedLayer | None, layer: ModelLayer | None) -> Difference | None:
    if layer is None:
        return Difference(where="missing", wanted=describe_row(row)) if row else None
    if row is None:
        return Difference(where="surplus", got=describe_layer(layer))
    if row.layer != layer.kind:
        return Difference(where="kind", wanted=describe_row(row), got=describe_layer(layer))
    if layer.idle:
        return Difference(where="idle", wanted=describe_row(row), got=describe_layer(layer))
    return next(_find_differences(row, layer), None)


def _find_differences(row: ExpectedLayer, layer: ModelLayer) -> Iterator[Difference]:
    for option in LAYER_OPTIONS:
        wanted, got = getattr(row, option), layer.config.get(option)
        if wanted is not None and _normalize_option(option, wanted) != _normalize_option(option, got):
            yield Difference(where="option", option=option, wanted=_format_option(option, wanted), got=_format_option(option, got))
    if row.output is not None and row.output != layer.output_shape[1:]:
        because = _explain_output(layer)
        yield Difference(where="output", wanted=_format_shape(row.output), got=_format_shape(layer.output_shape[1:]), because=because)
    if row.parameters is not None and row.parameters != layer.parameters:
        because = _explain_parameters(layer, row.parameters)
        yield Difference(where="parameters", wanted=f"{row.parameters:,}", got=f"{layer.parameters:,}", because=because)


def _explain_parameters(layer: ModelLayer, wanted: int) -> str:
    """Why a layer has another number of parameters: no bias, or another input than it should have."""
    if layer.config.get("use_bias") is False:
        return "; it has `use_bias=False`"
    width = layer.config.get("units") or layer.config.get("filters")
    area = math.prod(_normalize_option("kernel_size", layer.config.get("kernel_size")) or [1])
    counts = [(number / width - 1) / area for number in (layer.parameters, wanted)] if width else []
    if not counts or any(count != int(count) or count < 1 for count in counts):
        return ""
    noun = "channels" if layer.config.get("filters") else "numbers"
    return f"; its input has {int(counts[0]):,} {noun} instead of {int(counts[1]):,}"


def _explain_output(layer: ModelLayer) -> str:
    """Options of a layer that change the size of its output, where they aren't Keras's own defaults."""
    strides = _normalize_option("strides", layer.config.get("strides"))
    if layer.config.get("padding") == "same":
        return "; it has `padding='same'`"
    if layer.kind.startswith("Conv") and strides not in (None, [1] * len(strides or [])):
        return f"; it has strides {_format_size(strides)} (a number after the kernel's size, which is one number or in brackets)"
    # A pooling moves on by its own size, unless a second number says otherwise.
    if "Pooling" in layer.kind and strides not in (None, _normalize_option("pool_size", layer.config.get("pool_size"))):
        return f"; it has strides {_format_size(strides)}"
    return ""


def _told(found: Difference, kind: str) -> str:
    match found.where:
        case "missing":
            return f"is missing: {found.wanted}"
        case "surplus":
            return f"is not expected: {found.got}"
        case "kind":
            return f"is {found.got}; expected {found.wanted}"
        case "idle":
            return f"({kind}) doesn't affect the model's output"
        case "option":
            return f"({kind}) has {found.option} {found.got}; expected {found.wanted}"
        case "output":
            return f"({kind}) has output shape {found.got}; expected {found.wanted}{found.because}"
        case "parameters":
            return f"({kind}) has {found.got} parameters; expected {found.wanted}{found.because}"


def _normalize_option(option: str, value: Any) -> Any:
    """A value in the form in which it can be compared: sizes as pairs, names of functions in small letters."""
    if option in SIZE_OPTIONS and isinstance(value, int):
        return [value, value]
    return ACTIVATION_NAMES.get(value.lower(), value.lower()) if isinstance(value, str) else value


def _format_option(option: str, value: Any) -> str:
    return _format_size([value, value] if option in SIZE_OPTIONS and isinstance(value, int) else value)


def _format_size(value: Any) -> str:
    if isinstance(value, list):
        return "x".join(map(str, value))
    return escape_name(str(value))


def _format_shape(shape: Sequence[int | None]) -> str:
    return f"({', '.join(map(str, shape))})"


def describe_row(row: ExpectedLayer) -> str:
    """A row, short.

    >>> describe_row(ExpectedLayer(layer="Conv2D", filters=64, kernel_size=3, activation="relu"))
    'Conv2D 64 3x3 relu'
    """
    return _format_layer(str(row.layer), {option: getattr(row, option) for option in LAYER_OPTIONS})


def describe_layer(layer: ModelLayer, like: ExpectedLayer | None = None) -> str:
    """A layer, short; of its options those that a row names, or the usual ones."""
    usual = [option for option in LAYER_OPTIONS if option not in ("strides", "padding")]
    options = [option for option in LAYER_OPTIONS if getattr(like, option) is not None] if like else usual
    plain = () if like else ("linear",)
    return _format_layer(layer.kind, {key: layer.config.get(key) for key in options if layer.config.get(key) not in plain})


def _format_layer(kind: str, options: Mapping[str, Any]) -> str:
    parts = [escape_name(kind)]
    for option, value in options.items():
        if value is not None:
            size = _format_option(option, value)
            parts.append(f"strides {size}" if option == "strides" else size)
    return " ".join(parts)[:200]


def describe_first_difference(pairs: Sequence[LayerPair], before: int = 0) -> str | None:
    """The first difference in a sentence, and how many there are; None where there is none.

    Args:
        before: how many layers come before the first pair.
    """
    faults = [(place, pair.fault) for place, pair in enumerate(pairs, before + 1) if pair.fault is not None]
    if not faults:
        return None
    place, fault = faults[0]
    more = f" (and {format_count(len(faults) - 1, 'more difference')})" if len(faults) > 1 else ""
    return f"layer {place} {fault}{more}"


def find_first_place(pairs: Sequence[LayerPair], layers: Sequence[ModelLayer]) -> CodePlace | None:
    """Where the first layer that differs is made; None where it is missing."""
    first = next((pair for pair in pairs if pair.fault is not None), None)
    if first is None or first.layer is None:
        return None
    # By name, since an activation that was merged into its layer has taken the layer's place.
    kind = next((layer.kind for layer in layers if layer.name == first.layer.name), first.layer.kind)
    names = [layer.name for layer in layers if layer.kind == kind]
    return CodePlace(name=kind, index=names.index(first.layer.name), count=len(names)) if first.layer.name in names else None


def format_side_by_side(pairs: Sequence[LayerPair]) -> str:
    """Both lists in two columns around the first difference; rows that differ begin with `!`.

    >>> pairs = compare_layers([ExpectedLayer(layer="Flatten"), ExpectedLayer(layer="Dense", units=10)], [ModelLayer(kind="Flatten", name="f")])
    >>> print(format_side_by_side(pairs))
      asked for | your model
      Flatten   | Flatten
    ! Dense 10  | -
    """
    first = next((place for place, pair in enumerate(pairs) if pair.fault is not None), 0)
    # Two rows of context before the first difference, and always a full window where there are enough rows.
    start = max(0, min(first - 2, len(pairs) - MAX_SHOWN_ROWS))
    shown = pairs[start : start + MAX_SHOWN_ROWS]
    cells = [_format_cells(pair) for pair in shown]
    width = max(len("asked for"), *(len(left) for left, _ in cells))
    lines = [f"  {'asked for'.ljust(width)} | your model"]
    lines += [
        f"{'!' if pair.fault else ' '} {left.ljust(width)} | {right}"
        for pair, (left, right) in zip(shown, cells, strict=True)
    ]
    head = [f"  ({format_count(start, 'layer')} before)"] if start else []
    rest = len(pairs) - start - len(shown)
    return "\n".join([*lines[:1], *head, *lines[1:], *([f"  ({format_count(rest, 'layer')} after)"] if rest else [])])


def _format_cells(pair: LayerPair) -> tuple[str, str]:
    left = describe_row(pair.row) if pair.row else "-"
    right = (
        describe_layer(pair.layer, pair.row if pair.row and pair.row.layer == pair.layer.kind else None)
        if pair.layer
        else "-"
    )
    # Of options that the row leaves open, the one that explains another output belongs into the table.
    if pair.difference and pair.difference.where == "output" and pair.layer and pair.layer.config.get("padding") == "same":
        right = f"{right} same" if not right.endswith(" same") else right
    if pair.difference and pair.difference.where in ("output", "parameters"):  # which the cells don't show by themselves
        left, right = f"{left} {pair.difference.wanted}", f"{right} {pair.difference.got}"
    return left[:MAX_COLUMN_WIDTH], right[:MAX_COLUMN_WIDTH]
