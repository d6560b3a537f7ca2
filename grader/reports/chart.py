"""Where the lines and letters of a chart go, in the units of its SVG; the templates draw them.

Charts are 400 units wide, so that their letters stay legible on a telephone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from grader.records.verdict import LineToCross, TrainingRecord
from grader.reports.chart_label import LabelPlace, place_label
from grader.reports.reading import extract_figures, find_crossing, format_figure, line_figure, pick_shown_metric

WIDTH = 400
LEFT, RIGHT, TOP, BOTTOM = 52, 388, 18, 190
MAX_CURVE_POINTS = 300
MAX_DOTS = 40
MAX_DRAWN_VALUE = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisTick:
    """A label on an axis and how far along it stands."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartCurve:
    """One figure's course: SVG path data, broken where the figure is NaN, and a dot per epoch where they are few."""

    metric: str
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingChart:
    """A training's chart. `crossing` and `end` are points; `line_y` is the height of the line to cross, `label_place` its text's."""

    curves: tuple[ChartCurve, ...]
    x_ticks: tuple[AxisTick, ...]
    y_ticks: tuple[AxisTick, ...]
    line_y: float | None
    line_label: str
    label_place: LabelPlace | None
    crossing: tuple[float, float] | None
    end: tuple[float, float] | None
    summary: str


def build_chart(record: TrainingRecord, to_cross: LineToCross | None) -> TrainingChart | None:
    """The chart of one training, or None where it logged no figure to draw."""
    metric = pick_shown_metric(record, to_cross)
    if metric is None or not any(map(math.isfinite, _filter_drawable(record, metric))):
        return None
    above = to_cross.above if to_cross and to_cross.metric == metric else None
    # The validation figure belongs to the metric; other figures have other scales.
    shown = {name: _filter_drawable(record, name) for name in (metric, f"val_{metric}")}
    shown = {name: values for name, values in shown.items() if any(map(math.isfinite, values))}
    heights = [value for values in shown.values() for value in values if math.isfinite(value)]
    # The line to cross is always in the picture, however far the curve stays below it.
    low, high = _find_range([*heights, *([above] if above is not None else [])])
    count = len(record.epochs)

    def locate_point(index: int, value: float) -> tuple[float, float]:
        return _locate_epoch(index, count), _locate_value(value, low, high)

    values = shown[metric]
    line_y = None if above is None else _locate_value(above, low, high)
    label = "" if above is None else f"line to cross: {line_figure(above)}"
    drawn = [[locate_point(index, value) for index, value in enumerate(each)] for each in shown.values()]
    crossing = find_crossing(values, above) if above is not None else None
    return TrainingChart(
        curves=tuple(_build_curve(name, figures_, low, high) for name, figures_ in shown.items()),
        x_ticks=tuple(AxisTick(at=_locate_epoch(index, count), label=str(index + 1)) for index in _pick_epochs(count)),
        y_ticks=tuple(
            AxisTick(at=_locate_value(value, low, high), label=label) for value, label in _pick_levels(low, high)
        ),
        line_y=line_y,
        line_label=label,
        label_place=None if line_y is None else place_label(label, line_y, drawn, (LEFT, RIGHT, BOTTOM)),
        crossing=None if crossing is None else locate_point(crossing, values[crossing]),
        end=locate_point(count - 1, values[-1]) if math.isfinite(values[-1]) else None,
        summary=_describe_curve(metric, values, above, crossing),
    )


def _filter_drawable(record: TrainingRecord, metric: str) -> list[float]:
    """Returns the figures, with NaN for those too large to draw on the same axis."""
    # A loss that explodes would press every other point flat onto the axis.
    return [value if abs(value) < MAX_DRAWN_VALUE else math.nan for value in extract_figures(record, metric)]


def _describe_curve(metric: str, values: Sequence[float], above: float | None, crossing: int | None) -> str:
    course = f"The {metric} goes from {format_figure(values[0], above)} to {format_figure(values[-1], above)} in {len(values)} epochs"
    if len(values) == 1:
        course = f"The {metric} is {format_figure(values[0], above)} after one epoch"
    if above is None:
        return f"{course}."
    if crossing is None:
        return f"{course}; it never gets above {line_figure(above)}."
    return f"{course}; it is above {line_figure(above)} for the first time in epoch {crossing + 1}."


def _build_curve(metric: str, values: Sequence[float], low: float, high: float) -> ChartCurve:
    count = len(values)
    step = max(1, math.ceil(count / MAX_CURVE_POINTS))
    # The last epoch stays, as it is what the training came to.
    kept = sorted({*range(0, count, step), count - 1})
    pieces: list[str] = []
    pen_up = True
    for index in kept:
        if math.isfinite(values[index]):
            pieces.append(
                f"{'M' if pen_up else 'L'}{_locate_epoch(index, count):g} {_locate_value(values[index], low, high):g}"
            )
        # A gap in the path where a figure is missing: a line across it would invent one.
        pen_up = not math.isfinite(values[index])
    dots = [(_locate_epoch(i, count), _locate_value(values[i], low, high)) for i in kept if math.isfinite(values[i])]
    return ChartCurve(metric=metric, path=" ".join(pieces), dots=tuple(dots) if count <= MAX_DOTS else ())


def _locate_epoch(index: int, count: int) -> float:
    """The middle of the axis for a single epoch, else from edge to edge."""
    share = 0.5 if count < 2 else index / (count - 1)
    return round(LEFT + 12 + share * (RIGHT - LEFT - 24), 1)


def _locate_value(value: float, low: float, high: float) -> float:
    return round(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP), 1)


def _find_range(values: Sequence[float]) -> tuple[float, float]:
    """From the lowest to the highest with some air, never empty."""
    low, high = min(values), max(values)
    # Equal figures, and zeros, still need an axis with a height.
    air = (high - low) * 0.06 or abs(high) * 0.01 or 1.0
    return low - air, high + air


def _pick_levels(low: float, high: float) -> list[tuple[float, str]]:
    """Three to six round figures on the axis, with as many decimals as tell them apart."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    # Steps of 1, 2 or 5 give labels that people can read between.
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step)
    steps = range(first, math.floor(high / step) + 1)
    # The logarithm of 0.001 may come out just below -3.
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(count * step, f"{count * step:.{digits}f}" if digits < 8 else f"{count * step:.1e}") for count in steps]


def _pick_epochs(count: int) -> list[int]:
    """At most nine epochs to name on the axis, the first among them (0-based)."""
    step = max(1, math.ceil(count / 9))
    return list(range(0, count, step))


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramBar:
    """One bar of a histogram, in the units of its SVG."""

    x: float
    y: float
    width: float
    height: float
    count: int
    label: str


def build_bars(counts: Sequence[int], labels: Sequence[str]) -> tuple[HistogramBar, ...]:
    """A histogram's bars, from left to right.

    >>> [(bar.height, bar.count) for bar in build_bars([0, 2], ["low", "high"])]
    [(0.0, 0), (150.0, 2)]
    """
    room = (WIDTH - 16) / max(1, len(counts))
    most = max([*counts, 1])
    heights = [round(150 * count / most, 1) for count in counts]
    return tuple(
        HistogramBar(
            x=round(8 + index * room + 2, 1),
            y=round(172 - height, 1),
            width=round(room - 4, 1),
            height=height,
            count=count,
            label=label,
        )
        for index, (count, label, height) in enumerate(zip(counts, labels, heights, strict=True))
    )
