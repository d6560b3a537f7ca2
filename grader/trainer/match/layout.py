"""Where an image's pixels lie in an example: any reshape, a frame around it, channels of its own or repeated ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
CHANNEL_COUNTS = (2, 3, 4)
MAX_WINDOWS = 60
MAX_ODD_SHARE = 0.02


def to_bits(values: Array) -> Array:
    """The values as unsigned integers of the same width, so that comparing is exact (NaN and -0.0 too)."""
    return np.asarray(values.view(f"u{values.dtype.itemsize}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLayout:
    """A window of an image's size in a frame, per channel.

    `shape` is that of one example, `size` the height and width of an image, `frame` those of the padded one,
    `channels_first` its order. `own_channels` is how many the dataset's images have.
    """

    shape: tuple[int, ...]
    size: tuple[int, int]
    frame: tuple[int, int]
    own_channels: int = 1
    channels: int = 1
    channels_first: bool = False
    top: int = 0
    left: int = 0

    @property
    def padded(self) -> bool:
        return self.frame != self.size

    @property
    def pixels(self) -> int:
        """How many pixels an image has in each channel."""
        return self.size[0] * self.size[1]

    def split_planes(self, rows: Array) -> list[Array]:
        """The window of each channel, of shape (n, pixels), of examples of shape (n, *shape)."""
        if not self.padded and self.channels == 1:
            return [rows.reshape(len(rows), self.pixels)]
        window = (slice(None), *self._find_window())
        return [np.ascontiguousarray(plane[window]).reshape(-1, self.pixels) for plane in self.split_frames(rows)]

    def _find_window(self) -> tuple[slice, slice]:
        """Its rows and columns in the frame."""
        return slice(self.top, self.top + self.size[0]), slice(self.left, self.left + self.size[1])

    def has_frame(self, rows: Array, value: Any) -> Array:
        """Whether everything outside the window has the bits `value`: bool of shape (n,)."""
        right = np.ones(len(rows), bool)
        # The frame is part of the example: a label could hide in a pixel of the border.
        if self.padded:
            bottom, edge = self.top + self.size[0], self.left + self.size[1]
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
        return (
            frame[-1, -1]
            if self.top + self.size[0] < self.frame[0] or self.left + self.size[1] < self.frame[1]
            else frame[0, 0]
        )

    def build_examples(self, planes: list[Array], outside: Any) -> Array:
        """Examples of shape (n, *shape) from the windows of each channel."""
        count = len(planes[0])
        if not self.padded and self.channels == 1:
            return planes[0].reshape(count, *self.shape)
        whole = np.full((count, self.channels, *self.frame), 0 if outside is None else outside, planes[0].dtype)
        for channel, plane in enumerate(planes):
            whole[:, channel, *self._find_window()] = plane.reshape(count, *self.size)
        return (whole if self.channels_first else np.moveaxis(whole, 1, -1)).reshape(count, *self.shape)

    def describe_layout(self) -> str:
        """In words; empty where examples have the images' own shape."""
        if self.padded:
            return f"padded to {self.shape}"
        if self.channels > self.own_channels:
            return f"repeated in {self.channels} channels, {self.shape}"
        own = self.size if self.own_channels == 1 else (*self.size, self.own_channels)
        return "" if self.shape == own else f"reshaped to {self.shape}"

    def split_frames(self, rows: Array) -> list[Array]:
        """The whole frame of each channel, of shape (n, height, width)."""
        height, width = self.frame
        if self.channels_first:
            whole = rows.reshape(len(rows), self.channels, height, width)
            return [whole[:, channel] for channel in range(self.channels)]
        whole = rows.reshape(len(rows), height, width, self.channels)
        return [whole[..., channel] for channel in range(self.channels)]


def iter_layouts(sample: Array, size: tuple[int, int], own_channels: int) -> Iterator[ImageLayout]:
    """What the examples in `sample`, of shape (n, …), may be, likeliest first.

    Args:
        size: height and width of the dataset's images.
        own_channels: how many channels those have.
    """
    shape = sample.shape[1:]
    plain = ImageLayout(shape=shape, size=size, frame=size, own_channels=own_channels, channels=own_channels)
    if math.prod(shape) == plain.pixels * own_channels:
        # An image of one channel is the same either way; of more, an axis in front can only be theirs.
        first = own_channels > 1 and shape[0] == own_channels and shape[-1] != own_channels
        yield replace(plain, channels_first=first)
        return
    for layout in _iter_frames(plain):
        yield from _iter_windows(layout, sample) if layout.padded else [layout]


def _iter_frames(plain: ImageLayout) -> Iterator[ImageLayout]:
    """Readings of a shape as height, width and channels."""
    sides = tuple(side for side in plain.shape if side != 1)
    # Only grey images are repeated; those with colours keep their channels.
    counts = CHANNEL_COUNTS if plain.own_channels == 1 else (plain.own_channels,)
    readings: list[tuple[tuple[int, ...], int, bool]] = [(sides, 1, False)] if plain.own_channels == 1 else []
    if sides and sides[-1] in counts:
        readings.append((sides[:-1], sides[-1], False))
    if sides and sides[0] in counts:
        readings.append((sides[1:], sides[0], True))
    for frame, channels, first in readings:
        if len(frame) == 1:
            frame = (math.isqrt(frame[0]),) * 2  # noqa: PLW2901 (a flattened square)
        fits = len(frame) == 2 and frame[0] >= plain.size[0] and frame[1] >= plain.size[1]
        if fits and math.prod(frame) * channels == math.prod(plain.shape):
            yield replace(plain, frame=(frame[0], frame[1]), channels=channels, channels_first=first)


def _iter_windows(layout: ImageLayout, sample: Array) -> Iterator[ImageLayout]:
    """Where the window may be in its frame: around everything that differs from a corner."""
    (height, width), (own_height, own_width) = layout.frame, layout.size
    plane = layout.split_frames(sample)[0]
    # The window is smaller than the frame, so at least one of these two corners lies outside it.
    for corner in (plane[0, -1, -1], plane[0, 0, 0]):
        ink = (plane != corner).mean(axis=0) > MAX_ODD_SHARE  # an odd example doesn't hide the frame
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        if len(rows) == 0:
            return
        places = [
            (top, left)
            for top in range(max(0, rows[-1] - own_height + 1), min(rows[0], height - own_height) + 1)
            for left in range(max(0, columns[-1] - own_width + 1), min(columns[0], width - own_width) + 1)
        ]
        # Centred windows come first, since most padding is the same on both sides.
        places.sort(key=lambda place: abs(2 * place[0] + own_height - height) + abs(2 * place[1] + own_width - width))
        for top, left in places[:MAX_WINDOWS]:
            yield replace(layout, top=top, left=left)
