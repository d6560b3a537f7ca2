"""The curve of a training: accuracy per epoch, with the line that it was to cross."""

from __future__ import annotations

from typing import IO

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from msgspec import Struct, field

MAP_INCHES = 2.2


class CurvePicture(Struct, frozen=True, kw_only=True, tag="curve"):
    """What is drawn: per name the figures of all epochs, and the line with its name."""

    title: str
    series: dict[str, list[float]]
    line: float | None = None
    crossed: int | None = field(default=None)


def draw_curve(curve: CurvePicture, target: IO[bytes]) -> None:
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


class MapsPicture(Struct, frozen=True, kw_only=True, tag="maps"):
    """What is drawn: `maps[layer][image]` are the rows of one feature map."""

    title: str
    layers: list[str]
    images: list[str]
    maps: list[list[list[list[float]]]]


def draw_maps(maps: MapsPicture, target: IO[bytes]) -> None:
    """Draws the grid; each layer has a scale of its own, the same for all images."""
    rows, columns = len(maps.images), len(maps.layers)
    figure = Figure(figsize=(columns * MAP_INCHES + 0.4, rows * MAP_INCHES + 0.6), layout="constrained")
    figure.suptitle(maps.title, fontsize=11)
    for column, (layer, shown) in enumerate(zip(maps.layers, maps.maps, strict=True)):
        top = max((value for one in shown for row in one for value in row), default=0.0) or 1.0
        for place, (image, one) in enumerate(zip(maps.images, shown, strict=True)):
            axes = figure.add_subplot(rows, columns, place * columns + column + 1)
            axes.imshow(one, cmap="inferno", vmin=0.0, vmax=top, interpolation="nearest")
            axes.set_xticks([])
            axes.set_yticks([])
            if place == 0:
                axes.set_title(f"{layer}\n{len(one)} × {len(one[0])}", fontsize=10)
            if column == 0:
                axes.set_ylabel(image, fontsize=10)
    figure.savefig(target, format="png", dpi=120)
