"""Feature maps for a page: the trainer's own and those that a student's function returned, as small pictures.

Sizes are bounded by what the trainer expects, never by what a student sent.
"""

from __future__ import annotations

import base64
import itertools
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from grader.records.run import Activations, LayerActivations, Run

MAX_MAP_LAYERS = 8
MAX_MAP_IMAGES = 6
PixelRows = Sequence[Sequence[float | None]]
# Matplotlib's inferno at even distances: it gets brighter all the way, for colour-blind eyes and on paper, too.
PALETTE_ANCHORS = ((0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164))
PALETTE_TONES = 64
# What is no number has a colour that inferno doesn't.
MISSING_TONE = (120, 190, 255)
MAX_SIDE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPicture:
    """One map: its address, and what it shows in words."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapGrid:
    """Maps side by side: a column for each layer (its name and size), a row for each image; None where no map is."""

    title: str
    layers: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[MapPicture | None, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapComparison:
    """The grids that a page shows, and what has to be known to read them."""

    grids: tuple[MapGrid, ...]
    caption: str


def find_activations(runs: Sequence[Run]) -> Activations | None:
    """The activations of the last run that has some."""
    return next((run.activations for run in reversed(runs) if run.activations is not None), None)


def build_map_comparison(activations: Activations | None) -> MapComparison | None:
    """Builds the expected and returned maps; None if nothing was compared, only the expected ones without arrays."""
    layers = activations.layers[:MAX_MAP_LAYERS] if activations is not None else []
    if activations is None or not any(layer.maps for layer in layers):
        return None
    images = _name_images(activations)
    grids = [
        _build_grid("expected", layers, images, [layer.maps for layer in layers], [layer.shape for layer in layers])
    ]
    if any(layer.got is not None for layer in layers):
        given = [layer.given for layer in layers]
        grids.append(_build_grid("got", layers, images, given, [layer.got for layer in layers]))
    return MapComparison(grids=tuple(grids), caption=_describe_maps(activations, layers))


def _name_images(activations: Activations) -> list[str]:
    # From the trainer's own maps: a student's process could send any number.
    count = max(len(layer.maps) for layer in activations.layers)
    numbers = activations.images or range(1, count + 1)
    return [f"test image {number}" for number in itertools.islice(numbers, min(count, MAX_MAP_IMAGES))]


def _build_grid(
    title: str,
    layers: Sequence[LayerActivations],
    images: Sequence[str],
    shown: Sequence[Sequence[PixelRows]],
    shapes: Sequence[list[int] | None],
) -> MapGrid:
    # One scale for expected and got, or a factor between them couldn't be seen.
    tops = [_find_brightest(layer) for layer in layers]
    rows = []
    for place, image in enumerate(images):
        cells = [
            _build_picture(f"{title}: {layer.layer} of {image}", found[place], top) if place < len(found) else None
            for layer, found, top in zip(layers, shown, tops, strict=True)
        ]
        rows.append((image, tuple(cells)))
    heads = tuple((layer.layer, _format_size(shape, layer.shape)) for layer, shape in zip(layers, shapes, strict=True))
    return MapGrid(title=title, layers=heads, rows=tuple(rows))


def _build_picture(alt: str, rows: PixelRows, top: float) -> MapPicture:
    return MapPicture(url=encode_data_url(rows, top), alt=alt)


def _find_brightest(layer: LayerActivations) -> float:
    """The largest of the expected numbers of a layer, which is the brightest in both grids."""
    top = max((value for one in layer.maps for row in one for value in row), default=0.0)
    return top if 0 < top < math.inf else 1.0


def _format_size(shape: list[int] | None, asked: list[int]) -> str:
    """Height and width of the maps; the whole shape where it isn't the one that is asked for.

    >>> asked = [3, 26, 26, 8]
    >>> _format_size(asked, asked), _format_size([1, 26, 26, 8], asked), _format_size(None, asked)
    ('26 × 26', '(1, 26, 26, 8)', 'none came')
    """
    if shape is None:
        return "none came"
    return f"{shape[1]} × {shape[2]}" if shape == asked and len(shape) == 4 else f"({', '.join(map(str, shape))})"


def _describe_maps(activations: Activations, layers: Sequence[LayerActivations]) -> str:
    told = f"Filter {activations.channel} of each layer. Brighter is larger; each layer has a scale of its own"
    wild = any(value is None for layer in layers for one in layer.given for row in one for value in row)
    return told + ("; light blue is no finite number." if wild else ".")


def encode_data_url(rows: PixelRows, top: float) -> str:
    """A picture as an address that holds it all: black is zero or less, the brightest is `top` or more.

    Args:
        rows: equally long; of more than 64 every second, third … is taken. None is no number.
        top: above zero.

    >>> encode_data_url([[0.0, 1.0]], 1.0)[:22]
    'data:image/png;base64,'
    """
    return "data:image/png;base64," + base64.b64encode(encode_png(rows, top)).decode("ascii")


def encode_png(rows: PixelRows, top: float) -> bytes:
    """The picture as a PNG file with a palette, 8 bits for each point."""
    shown = [row[:: _find_step(len(row))] for row in rows[:: _find_step(len(rows))]]
    width = len(shown[0]) if shown else 0
    # Written by hand: a PNG with a palette takes few lines, and pages need no imaging library.
    header = struct.pack(">IIBBBBB", width, len(shown), 8, 3, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(_find_tone(value, top) for value in row) for row in shown)
    chunks = (b"IHDR", header), (b"PLTE", _build_palette()), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_build_chunk(kind, body) for kind, body in chunks)


def _find_step(count: int) -> int:
    return max(1, -(-count // MAX_SIDE))


def _find_tone(value: float | None, top: float) -> int:
    """The place in the palette; its last one is for what is no number."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return PALETTE_TONES
    return round(max(0.0, min(1.0, value / top)) * (PALETTE_TONES - 1))


def _build_palette() -> bytes:
    last = len(PALETTE_ANCHORS) - 1
    tones = bytearray()
    for tone in range(PALETTE_TONES):
        place = tone / (PALETTE_TONES - 1) * last
        below = min(int(place), last - 1)
        share = place - below
        tones += bytes(
            round(a + (b - a) * share) for a, b in zip(PALETTE_ANCHORS[below], PALETTE_ANCHORS[below + 1], strict=True)
        )
    return bytes(tones) + bytes(MISSING_TONE)


def _build_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
