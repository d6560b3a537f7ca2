"""Feature maps side by side: a row for each image, a column for each layer."""

from __future__ import annotations

from typing import IO

from matplotlib.figure import Figure
from msgspec import Struct

INCHES = 2.2


class Maps(Struct, frozen=True, kw_only=True, tag="maps"):
    """What is drawn: `maps[layer][image]` are the rows of one feature map."""

    title: str
    layers: list[str]
    images: list[str]
    maps: list[list[list[list[float]]]]


def draw(maps: Maps, target: IO[bytes]) -> None:
    """Draws the grid; each layer has a scale of its own, the same for all images."""
    rows, columns = len(maps.images), len(maps.layers)
    figure = Figure(figsize=(columns * INCHES + 0.4, rows * INCHES + 0.6), layout="constrained")
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
