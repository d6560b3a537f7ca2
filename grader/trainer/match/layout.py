"""Where an image's 784 pixels lie in an example: any reshape, a frame around it, repeated channels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
SIDE = 28
PIXELS = SIDE * SIDE
CHANNEL_COUNTS = (2, 3, 4)
MAX_WINDOWS = 60
MAX_ODD_SHARE = 0.02


def to_bits(values: Array) -> Array:
    """The values as unsigned integers of the same width, so that comparing is exact (NaN and -0.0 too)."""
    return np.asarray(values.view(f"u{values.dtype.itemsize}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLayout:
    """A window of 28 × 28 in a frame, per channel.

    `shape` is that of one example, `frame` the height and width of the padded image, `channels_first` its order.
    """

    shape: tuple[int, ...]
    frame: tuple[int, int] = (SIDE, SIDE)
    channels: int = 1
    channels_first: bool = False
    top: int = 0
    left: int = 0

    @property
    def padded(self) -> bool:
        return self.frame != (SIDE, SIDE)

    def split_planes(self, rows: Array) -> list[Array]:
        """The window of each channel, of shape (n, 784), of examples of shape (n, *shape)."""
        if not self.padded and self.channels == 1:
            return [rows.reshape(len(rows), PIXELS)]
        return [
            np.ascontiguousarray(plane[:, self.top : self.top + SIDE, self.left : self.left + SIDE]).reshape(-1, PIXELS)
            for plane in self.split_frames(rows)
        ]

    def has_frame(self, rows: Array, value: Any) -> Array:
        """Whether everything outside the window has the bits `value`: bool of shape (n,)."""
        right = np.ones(len(rows), bool)
        # The frame is part of the example: a label could hide in a pixel of the border.
        if self.padded:
            bottom, edge = self.top + SIDE, self.left + SIDE
            for plane in self.split_frames(rows):
                band = plane[:, self.top : bottom]
                for part in (plane[:, : self.top], plane[:, bottom:], band[:, :, : self.left], band[:, :, edge:]):
                    right &= (to_bits(part) == to_bits(value)).all(axis=(1, 2))
        return right

    def read_outside_value(self, rows: Array) -> Any:
        """A value outside the window in the first example (None where there is no outside)."""
        if not self.padded:
            return None
        frame = self.split_frames(rows[:1])[0][0]
        return frame[-1, -1] if self.top + SIDE < self.frame[0] or self.left + SIDE < self.frame[1] else frame[0, 0]

    def build_examples(self, planes: list[Array], outside: Any) -> Array:
        """Examples of shape (n, *shape) from the windows of each channel."""
        count = len(planes[0])
        if not self.padded and self.channels == 1:
            return planes[0].reshape(count, *self.shape)
        whole = np.full((count, self.channels, *self.frame), 0 if outside is None else outside, planes[0].dtype)
        for channel, plane in enumerate(planes):
            window = whole[:, channel, self.top : self.top + SIDE, self.left : self.left + SIDE]
            window[...] = plane.reshape(count, SIDE, SIDE)
        return (whole if self.channels_first else np.moveaxis(whole, 1, -1)).reshape(count, *self.shape)

    def describe_layout(self) -> str:
        """In words; empty for plain (28, 28)."""
        if self.padded:
            return f"padded to {self.shape}"
        if self.channels > 1:
            return f"repeated in {self.channels} channels, {self.shape}"
        return "" if self.shape == (SIDE, SIDE) else f"reshaped to {self.shape}"

    def split_frames(self, rows: Array) -> list[Array]:
        """The whole frame of each channel, of shape (n, height, width)."""
        height, width = self.frame
        if self.channels_first:
            whole = rows.reshape(len(rows), self.channels, height, width)
            return [whole[:, channel] for channel in range(self.channels)]
        whole = rows.reshape(len(rows), height, width, self.channels)
        return [whole[..., channel] for channel in range(self.channels)]


def iter_layouts(sample: Array) -> Iterator[ImageLayout]:
    """What the examples in `sample`, of shape (n, …), may be, likeliest first."""
    shape = sample.shape[1:]
    if math.prod(shape) == PIXELS:
        yield ImageLayout(shape=shape)
        return
    for layout in _iter_frames(shape):
        yield from _iter_windows(layout, sample) if layout.padded else [layout]


def _iter_frames(shape: tuple[int, ...]) -> Iterator[ImageLayout]:
    """Readings of a shape as height, width and channels."""
    sides = tuple(size for size in shape if size != 1)
    readings: list[tuple[tuple[int, ...], int, bool]] = [(sides, 1, False)]
    if sides and sides[-1] in CHANNEL_COUNTS:
        readings.append((sides[:-1], sides[-1], False))
    if sides and sides[0] in CHANNEL_COUNTS:
        readings.append((sides[1:], sides[0], True))
    for frame, channels, first in readings:
        if len(frame) == 1:
            frame = (math.isqrt(frame[0]),) * 2  # noqa: PLW2901 (a flattened square)
        if len(frame) == 2 and min(frame) >= SIDE and math.prod(frame) * channels == math.prod(shape):
            yield ImageLayout(shape=shape, frame=(frame[0], frame[1]), channels=channels, channels_first=first)


def _iter_windows(layout: ImageLayout, sample: Array) -> Iterator[ImageLayout]:
    """Where the window may be in its frame: around everything that differs from a corner."""
    height, width = layout.frame
    plane = layout.split_frames(sample)[0]
    # The window is smaller than the frame, so at least one of these two corners lies outside it.
    for corner in (plane[0, -1, -1], plane[0, 0, 0]):
        ink = (plane != corner).mean(axis=0) > MAX_ODD_SHARE  # an odd example doesn't hide the frame
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        if len(rows) == 0:
            return
        places = [
            (top, left)
            for top in range(max(0, rows[-1] - SIDE + 1), min(rows[0], height - SIDE) + 1)
            for left in range(max(0, columns[-1] - SIDE + 1), min(columns[0], width - SIDE) + 1)
        ]
        # Centred windows come first, since most padding is the same on both sides.
        places.sort(key=lambda place: abs(2 * place[0] + SIDE - height) + abs(2 * place[1] + SIDE - width))
        for top, left in places[:MAX_WINDOWS]:
            yield replace(layout, top=top, left=left)
