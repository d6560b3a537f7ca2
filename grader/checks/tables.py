"""A declared layer table beside the layers of a model: where they differ, in a sentence and side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise, zip_longest
from typing import Any, Literal

from msgspec import Struct, field, structs

from grader.checks.architecture import LAYERS
from grader.checks.wording import counted, name
from grader.run import Layer
from grader.yamltree import did_you_mean

# What may stand before the first layer that was asked for: it only prepares the images.
PREPARING = ("Rescaling", "Reshape", "Normalization", "Identity")
ACTIVATING = {
    "Activation": None, "ReLU": "relu", "Softmax": "softmax", "LeakyReLU": "leaky_relu", "ELU": "elu", "PReLU": "prelu",
}  # fmt: skip
SIZES = ("kernel_size", "pool_size", "strides")
OPTIONS = ("filters", "units", "kernel_size", "pool_size", "strides", "padding", "activation", "rate")
WIDEST = 34
MOST_ROWS = 7
Number = int | str


class Row(Struct, frozen=True, kw_only=True):
    """One layer as an exercise asks for it; what isn't named may be anything. Or a group: `rows` that come `times`.

    A text such as `=filters` is the argument of that name with which the graded function was called.
    `output` is the shape without the batch, `parameters` the layer's own number of weights.
    """

    layer: str | None = None
    filters: Number | None = None
    units: Number | None = None
    kernel_size: int | list[int] | None = None
    pool_size: int | list[int] | None = None
    strides: int | list[int] | None = None
    padding: Literal["valid", "same"] | None = None
    activation: str | None = None
    rate: float | None = None
    output: list[int] | None = None
    parameters: int | None = None
    times: Number = 1
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        if (self.layer is None) != bool(self.rows):
            raise ValueError("a row names either a layer, or rows and how many times they come")
        if self.layer is not None and self.layer not in LAYERS:
            raise ValueError(f'there is no layer "{self.layer}"{did_you_mean(self.layer, LAYERS)}')


class Difference(Struct, frozen=True, kw_only=True):
    """Where a layer differs from its row: in being there at all, in its kind, in its output, and so on."""

    where: Literal["missing", "surplus", "kind", "idle", "option", "output", "parameters"]
    option: str = ""
    wanted: str = ""
    got: str = ""


class Pair(Struct, frozen=True, kw_only=True):
    """A row and the layer that stands in its place; `difference` is the first one between them, None where none is."""

    row: Row | None
    layer: Layer | None
    difference: Difference | None

    @property
    def fault(self) -> str | None:
        """How the layer differs from its row, in words that follow "layer 3"."""
        return None if self.difference is None else _told(self.difference, self.layer.kind if self.layer else "")


def spread(table: Sequence[Row], call: Mapping[str, Any]) -> list[Row]:
    """The rows one by one, with the arguments of a call in the places of their names.

    Raises:
        ValueError: a name that is no argument of the call.

    >>> group = Row(times="=n", rows=[Row(layer="Dense", units="=units")])
    >>> [row.units for row in spread([group], {"n": 2, "units": 32})]
    [32, 32]
    """
    rows: list[Row] = []
    for row in table:
        rows += (spread(row.rows, call) if row.rows else [row]) * int(_value(row.times, call))
    return [structs.replace(row, filters=_value(row.filters, call), units=_value(row.units, call)) for row in rows]


def _value(value: Any, call: Mapping[str, Any]) -> Any:
    if not isinstance(value, str):
        return value
    if not value.startswith("=") or value[1:] not in call:
        raise ValueError(f'"{value}" names no argument; the function is called with {", ".join(call) or "none"}')
    return call[value[1:]]


def compare(rows: Sequence[Row], layers: Sequence[Layer]) -> list[Pair]:
    """The rows and the layers side by side, matched as well as their order allows."""
    return _aligned(rows, _effective(layers, rows))


def compare_ends(rows: Sequence[Row], layers: Sequence[Layer]) -> tuple[list[Pair], int]:
    """The rows and the end of the layers, as `compare`; and how many layers come before those.

    As long an end as there are rows, or a little more or less where that differs in fewer places: so a layer that was
    left out is one difference.
    """
    found, size = _effective(layers, rows), len(rows)
    starts = [max(0, len(found) - size + shift) for shift in (0, 1, -1, 2, -2)]
    ends = [(_aligned(rows, found[start:]), start) for start in starts]
    return min(ends, key=lambda end: sum(pair.difference is not None for pair in end[0]))


def _aligned(rows: Sequence[Row], found: Sequence[Layer]) -> list[Pair]:
    matcher = SequenceMatcher(None, [row.layer for row in rows], [layer.kind for layer in found], autojunk=False)
    return [
        pair
        for _, start, end, first, last in matcher.get_opcodes()
        for pair in _pairs(rows[start:end], found[first:last])
    ]


def _pairs(rows: Sequence[Row], layers: Sequence[Layer]) -> list[Pair]:
    return [Pair(row=row, layer=layer, difference=_difference(row, layer)) for row, layer in zip_longest(rows, layers)]


def _effective(layers: Sequence[Layer], rows: Sequence[Row]) -> list[Layer]:
    """Without what only prepares the images, and with an activation layer as part of the layer before it.

    Where the rows list an activation after such a layer it stays, as does one after a layer without an activation.
    """
    asked = {row.layer for row in rows}
    listed = {(row.layer, after.layer) for row, after in pairwise(rows)}
    result: list[Layer] = []
    for layer in (_activation(layer, asked) for layer in layers):
        if not result and layer.kind in PREPARING and layer.kind not in asked:
            continue
        before = result[-1] if result else None
        fits = before is not None and before.config.get("activation") == "linear" and before.name in layer.sources
        if before is not None and fits and layer.kind in ACTIVATING and (before.kind, layer.kind) not in listed:
            function = ACTIVATING[layer.kind] or layer.config.get("activation")
            result[-1] = structs.replace(before, name=layer.name, config={**before.config, "activation": function})
        else:
            result.append(layer)
    return result


def _activation(layer: Layer, asked: set[str | None]) -> Layer:
    """A layer such as ReLU as the Activation of that name, where the rows ask for Activation and not for ReLU."""
    function = ACTIVATING.get(layer.kind)
    if function is None or layer.kind in asked or "Activation" not in asked:
        return layer
    return structs.replace(layer, kind="Activation", config={**layer.config, "activation": function})


def _difference(row: Row | None, layer: Layer | None) -> Difference | None:
    if layer is None:
        return Difference(where="missing", wanted=in_words(row)) if row else None
    if row is None:
        return Difference(where="surplus", got=of_layer(layer))
    if row.layer != layer.kind:
        return Difference(where="kind", wanted=in_words(row), got=of_layer(layer))
    if layer.idle:
        return Difference(where="idle", wanted=in_words(row), got=of_layer(layer))
    return next(_differences(row, layer), None)


def _differences(row: Row, layer: Layer) -> Iterator[Difference]:
    for option in OPTIONS:
        wanted, got = getattr(row, option), layer.config.get(option)
        if wanted is not None and _same(option, wanted) != _same(option, got):
            yield Difference(where="option", option=option, wanted=_size(wanted), got=_size(got))
    if row.output is not None and row.output != layer.output_shape[1:]:
        yield Difference(where="output", wanted=_shape(row.output), got=_shape(layer.output_shape[1:]))
    if row.parameters is not None and row.parameters != layer.parameters:
        yield Difference(where="parameters", wanted=f"{row.parameters:,}", got=f"{layer.parameters:,}")


def _told(found: Difference, kind: str) -> str:
    match found.where:
        case "missing":
            return f"is missing: {found.wanted}"
        case "surplus":
            return f"is one too many: {found.got}"
        case "kind":
            return f"is {found.got}; {found.wanted} is asked for"
        case "idle":
            return f"({kind}) changes nothing in what the model puts out"
        case "option":
            return f"({kind}) has {found.option} {found.got}; {found.wanted} is asked for"
        case "output":
            return f"({kind}) puts out {found.got}; {found.wanted} is asked for"
        case "parameters":
            return f"({kind}) has {found.got} parameters; {found.wanted} are asked for"


def _same(option: str, value: Any) -> Any:
    """A value in the form in which it can be compared: sizes as pairs, names of functions in small letters."""
    if option in SIZES and isinstance(value, int):
        return [value, value]
    return value.lower() if isinstance(value, str) else value


def _size(value: Any) -> str:
    if isinstance(value, list):
        return "x".join(map(str, value))
    return name(str(value))


def _shape(shape: Sequence[int | None]) -> str:
    return f"({', '.join(map(str, shape))})"


def in_words(row: Row) -> str:
    """A row, short.

    >>> in_words(Row(layer="Conv2D", filters=64, kernel_size=3, activation="relu"))
    'Conv2D 64 3x3 relu'
    """
    return _words(str(row.layer), {option: getattr(row, option) for option in OPTIONS})


def of_layer(layer: Layer, like: Row | None = None) -> str:
    """A layer, short; of its options those that a row names, or the usual ones."""
    usual = [option for option in OPTIONS if option not in ("strides", "padding")]
    options = [option for option in OPTIONS if getattr(like, option) is not None] if like else usual
    plain = () if like else ("linear",)
    return _words(layer.kind, {key: layer.config.get(key) for key in options if layer.config.get(key) not in plain})


def _words(kind: str, options: Mapping[str, Any]) -> str:
    parts = [name(kind)]
    for option, value in options.items():
        if value is not None:
            size = _size([value, value] if option in SIZES and isinstance(value, int) else value)
            parts.append(f"strides {size}" if option == "strides" else size)
    return " ".join(parts)[:200]


def difference(pairs: Sequence[Pair], before: int = 0) -> str | None:
    """The first difference in a sentence, and how many there are; None where there is none.

    Args:
        before: how many layers come before the first pair.
    """
    faults = [(place, pair.fault) for place, pair in enumerate(pairs, before + 1) if pair.fault is not None]
    if not faults:
        return None
    place, fault = faults[0]
    more = f" (and {counted(len(faults) - 1, 'more difference')})" if len(faults) > 1 else ""
    return f"layer {place} {fault}{more}"


def side_by_side(pairs: Sequence[Pair]) -> str:
    """Both lists in two columns around the first difference; rows that differ begin with `!`.

    >>> pairs = compare([Row(layer="Flatten"), Row(layer="Dense", units=10)], [Layer(kind="Flatten", name="f")])
    >>> print(side_by_side(pairs))
      asked for | your model
      Flatten   | Flatten
    ! Dense 10  | -
    """
    first = next((place for place, pair in enumerate(pairs) if pair.fault is not None), 0)
    start = max(0, min(first - 2, len(pairs) - MOST_ROWS))
    shown = pairs[start : start + MOST_ROWS]
    cells = [_cells(pair) for pair in shown]
    width = max(len("asked for"), *(len(left) for left, _ in cells))
    lines = [f"  {'asked for'.ljust(width)} | your model"]
    lines += [
        f"{'!' if pair.fault else ' '} {left.ljust(width)} | {right}"
        for pair, (left, right) in zip(shown, cells, strict=True)
    ]
    head = [f"  ({counted(start, 'layer')} before)"] if start else []
    rest = len(pairs) - start - len(shown)
    return "\n".join([*lines[:1], *head, *lines[1:], *([f"  ({counted(rest, 'layer')} after)"] if rest else [])])


def _cells(pair: Pair) -> tuple[str, str]:
    left = in_words(pair.row) if pair.row else "-"
    right = (
        of_layer(pair.layer, pair.row if pair.row and pair.row.layer == pair.layer.kind else None)
        if pair.layer
        else "-"
    )
    if pair.difference and pair.difference.where in ("output", "parameters"):  # which the cells don't show by themselves
        left, right = f"{left} {pair.difference.wanted}", f"{right} {pair.difference.got}"
    return left[:WIDEST], right[:WIDEST]
