"""Small pictures of numbers as PNG, by hand: a palette of a few tones needs no library."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

Rows = Sequence[Sequence[float | None]]

# Matplotlib's inferno at even distances: it gets brighter all the way, for colour-blind eyes and on paper, too.
ANCHORS = ((0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164))
TONES = 64
# What is no number has a colour that inferno doesn't.
NOTHING = (120, 190, 255)
LARGEST_SIDE = 64


def data_url(rows: Rows, top: float) -> str:
    """A picture as an address that holds it all: black is zero or less, the brightest is `top` or more.

    Args:
        rows: equally long; of more than 64 every second, third … is taken. None is no number.
        top: above zero.

    >>> data_url([[0.0, 1.0]], 1.0)[:22]
    'data:image/png;base64,'
    """
    return "data:image/png;base64," + base64.b64encode(encoded(rows, top)).decode("ascii")


def encoded(rows: Rows, top: float) -> bytes:
    """The picture as a PNG file with a palette, 8 bits for each point."""
    shown = [row[:: _step(len(row))] for row in rows[:: _step(len(rows))]]
    width = len(shown[0]) if shown else 0
    header = struct.pack(">IIBBBBB", width, len(shown), 8, 3, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(_tone(value, top) for value in row) for row in shown)
    chunks = (b"IHDR", header), (b"PLTE", _palette()), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _step(count: int) -> int:
    return max(1, -(-count // LARGEST_SIDE))


def _tone(value: float | None, top: float) -> int:
    """The place in the palette; its last one is for what is no number."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return TONES
    return round(max(0.0, min(1.0, value / top)) * (TONES - 1))


def _palette() -> bytes:
    last = len(ANCHORS) - 1
    tones = bytearray()
    for tone in range(TONES):
        place = tone / (TONES - 1) * last
        below = min(int(place), last - 1)
        share = place - below
        tones += bytes(round(a + (b - a) * share) for a, b in zip(ANCHORS[below], ANCHORS[below + 1], strict=True))
    return bytes(tones) + bytes(NOTHING)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
