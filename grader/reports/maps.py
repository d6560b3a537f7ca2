"""Feature maps for a page: the trainer's own beside those that a student's function gave, as small pictures.

Sizes are bounded by what the trainer expects, never by what a student sent.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from grader.reports.png import Rows, data_url
from grader.run import Activations, LayerMaps, Run

MOST_LAYERS = 8
MOST_IMAGES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One map: its address, and what it shows in words."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Maps side by side: a column for each layer (its name and size), a row for each image; None where no map is."""

    title: str
    layers: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Picture | None, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """The grids that a page shows, and what has to be known to read them."""

    grids: tuple[Grid, ...]
    caption: str


def of_runs(runs: Sequence[Run]) -> Activations | None:
    """The activations of the last run that has some."""
    return next((run.activations for run in reversed(runs) if run.activations is not None), None)


def maps(activations: Activations | None) -> Maps | None:
    """Expected beside got, or None where nothing was compared; of a function that gave no arrays, expected alone."""
    layers = activations.layers[:MOST_LAYERS] if activations is not None else []
    if activations is None or not any(layer.maps for layer in layers):
        return None
    images = _images(activations)
    grids = [_grid("expected", layers, images, [layer.maps for layer in layers], [layer.shape for layer in layers])]
    if any(layer.got is not None for layer in layers):
        given = [layer.given for layer in layers]
        grids.append(_grid("got", layers, images, given, [layer.got for layer in layers]))
    return Maps(grids=tuple(grids), caption=_caption(activations, layers))


def _images(activations: Activations) -> list[str]:
    count = max(len(layer.maps) for layer in activations.layers)
    numbers = activations.images or range(1, count + 1)
    return [f"test image {number}" for number in itertools.islice(numbers, min(count, MOST_IMAGES))]


def _grid(
    title: str,
    layers: Sequence[LayerMaps],
    images: Sequence[str],
    shown: Sequence[Sequence[Rows]],
    shapes: Sequence[list[int] | None],
) -> Grid:
    tops = [_top(layer) for layer in layers]
    rows = []
    for place, image in enumerate(images):
        cells = [
            _picture(f"{title}: {layer.layer} of {image}", found[place], top) if place < len(found) else None
            for layer, found, top in zip(layers, shown, tops, strict=True)
        ]
        rows.append((image, tuple(cells)))
    heads = tuple((layer.layer, _size(shape, layer.shape)) for layer, shape in zip(layers, shapes, strict=True))
    return Grid(title=title, layers=heads, rows=tuple(rows))


def _picture(alt: str, rows: Rows, top: float) -> Picture:
    return Picture(url=data_url(rows, top), alt=alt)


def _top(layer: LayerMaps) -> float:
    """The largest of the expected numbers of a layer, which is the brightest in both grids."""
    top = max((value for one in layer.maps for row in one for value in row), default=0.0)
    return top if 0 < top < math.inf else 1.0


def _size(shape: list[int] | None, asked: list[int]) -> str:
    """Height and width of the maps; the whole shape where it isn't the one that is asked for.

    >>> asked = [3, 26, 26, 8]
    >>> _size(asked, asked), _size([1, 26, 26, 8], asked), _size(None, asked)
    ('26 × 26', '(1, 26, 26, 8)', 'none came')
    """
    if shape is None:
        return "none came"
    return f"{shape[1]} × {shape[2]}" if shape == asked and len(shape) == 4 else f"({', '.join(map(str, shape))})"


def _caption(activations: Activations, layers: Sequence[LayerMaps]) -> str:
    told = f"Filter {activations.channel} of each layer. Brighter is larger; each layer has a scale of its own"
    wild = any(value is None for layer in layers for one in layer.given for row in one for value in row)
    return told + ("; light blue is no finite number." if wild else ".")
