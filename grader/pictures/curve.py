"""The curve of a training: accuracy per epoch, with the line that it was to cross."""

from __future__ import annotations

from typing import IO

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from msgspec import Struct, field


class Curve(Struct, frozen=True, kw_only=True, tag="curve"):
    """What is drawn: per name the figures of all epochs, and the line with its name."""

    title: str
    series: dict[str, list[float]]
    line: float | None = None
    crossed: int | None = field(default=None)


def draw(curve: Curve, target: IO[bytes]) -> None:
    """Draws the curve; `crossed` is the epoch (from 1) that is marked."""
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, figures in curve.series.items():
        axes.plot(range(1, len(figures) + 1), figures, marker="o", markersize=4, label=name)
    if curve.line is not None:
        axes.axhline(curve.line, color="0.4", linestyle="--", linewidth=1, label=f"the line, {curve.line:.10g}")
    if curve.crossed is not None:
        axes.axvline(curve.crossed, color="0.8", linewidth=1, zorder=0)
    axes.set_title(curve.title)
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(color="0.93")
    axes.legend(frameon=False)
    figure.savefig(target, format="png", dpi=120)
