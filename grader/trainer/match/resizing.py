"""Images at another size than the dataset's: the same resize is done to the dataset's own, and they are compared.

The last bits of a resized image could spell its label. So images hold to a tolerance, and are then written anew.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from grader.trainer.match.canonical import UNKNOWN, CanonicalImages

Array = npt.NDArray[Any]
# As Keras's `load_img` calls them; nearest is what it does unless it is asked for another, and TensorFlow's does the same.
PILLOW_WAYS = {
    "nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS, "box": Image.Resampling.BOX, "hamming": Image.Resampling.HAMMING,
}  # fmt: skip
FRACTIONS = "bilinear, in fractions"
# Bounds on what an order may let the trainer compute: of one image's values, and of all images' together.
MAX_SIDE = 1024
MAX_VALUES = 2_000_000_000
CHUNK_VALUES = 1 << 24
# Of some examples with all of the dataset's images, in float32.
MAX_PRODUCTS = 1 << 26
FEATURES = 96
TOLERANCE_ULPS = 64


class Resizing:
    """A dataset's images at another size; compares examples of that size with them.

    Args:
        canon: the dataset.
        size: height and width.
        way: one of Pillow's, or `FRACTIONS`.
    """

    def __init__(self, canon: CanonicalImages, size: tuple[int, int], way: str) -> None:
        self.canon, self.size, self.way = canon, size, way
        self.slope, self.offset = 1.0, 0.0
        self.channels = len(canon.planes)
        shape = (*size, self.channels)
        self.places = np.linspace(0, np.prod(shape) - 1, FEATURES).astype(np.intp)

    def describe(self) -> str:
        """In words."""
        scaled = (self.slope, self.offset) != (1.0, 0.0)
        return f"{'scaled, ' if scaled else ''}resized to {self.size[0]} × {self.size[1]} ({self.way})"

    def transform(self, images: Array) -> Array:
        """The same to uint8 images of the dataset's shape; float32, with an axis for the channels."""
        made = self.resize(images).astype(np.float64) * self.slope + self.offset
        return np.asarray(made, np.float32)

    def resize(self, images: Array) -> Array:
        """The size alone: uint8 by Pillow, else float32."""
        whole = images.reshape(len(images), *self.canon.size, self.channels)
        if self.way == FRACTIONS:
            return resize_bilinear(whole, self.size)
        return np.stack([_resize_by_pillow(image, self.size, self.way) for image in whole])

    def locate(self, x: Array) -> Array | None:
        """The number of each example's image, or -1; None where none of a sample is one.

        Args:
            x: examples of shape (n, height, width, channels).
        """
        known = self._compute_features()
        if not self._fit_line(x, known):
            return None
        source = np.full(len(x), UNKNOWN, np.int32)
        step = max(1, min(CHUNK_VALUES // x[0].size, MAX_PRODUCTS // len(known)))
        for start in range(0, len(x), step):
            rows = x[start : start + step]
            at = self._find_nearest(rows, known)
            near = self._is_near(rows, self.transform(self.canon.pick_images(at)))
            source[start : start + step] = np.where(near, at, UNKNOWN)
        return source

    def _compute_features(self) -> Array:
        """Some pixels of each of the dataset's images, without their brightness and contrast."""
        count = len(self.canon.labels)
        step = max(1, CHUNK_VALUES // (self.size[0] * self.size[1] * self.channels))
        parts = (self.resize(self.canon.pick_images(slice(at, at + step))) for at in range(0, count, step))
        return np.concatenate([self._pick_features(part) for part in parts])

    def _pick_features(self, rows: Array) -> Array:
        picked = rows.reshape(len(rows), -1)[:, self.places].astype(np.float32)
        picked -= picked.mean(axis=1, keepdims=True)
        return np.asarray(picked / np.maximum(np.sqrt((picked**2).sum(axis=1, keepdims=True)), 1e-6))

    def _find_nearest(self, rows: Array, known: Array) -> Array:
        return np.asarray((self._pick_features(rows) @ known.T).argmax(axis=1))

    def _fit_line(self, x: Array, known: Array) -> bool:
        """Takes the line on which the values lie, `slope · value + offset`, from the first of a sample that lies on one."""
        sample = x[np.unique(np.linspace(0, len(x) - 1, 8).astype(np.intp))]
        at = self._find_nearest(sample, known)
        for row, own in zip(sample, self.resize(self.canon.pick_images(at)), strict=True):
            values = own.astype(np.float64).ravel()
            if values.std() == 0 or not np.isfinite(row).all():
                continue
            slope, offset = np.polyfit(values, row.astype(np.float64).ravel(), 1)
            tidy = abs(slope - 1) < 1e-5 and abs(offset) < 1e-3
            self.slope, self.offset = (1.0, 0.0) if tidy else (float(slope), float(offset))
            if slope and self._is_near(row[None], (values * self.slope + self.offset).reshape(1, *row.shape))[0]:
                return True
        return False

    def _is_near(self, rows: Array, wanted: Array) -> Array:
        largest = np.abs(wanted).max(axis=(1, 2, 3), keepdims=True)
        tolerance = TOLERANCE_ULPS * np.finfo(np.float32).eps * largest
        return np.asarray((np.abs(rows - wanted) <= tolerance).all(axis=(1, 2, 3)))


def find_resizing(x: Array, canon: CanonicalImages) -> tuple[Resizing, Array] | None:
    """How examples were resized, and which images they are; None where they aren't images of this dataset at another size.

    Args:
        x: of shape (n, height, width, channels).
    """
    if x.ndim != 4 or x.shape[3] != len(canon.planes) or x.shape[1:3] == canon.size or max(x.shape[1:3]) > MAX_SIDE:
        return None
    if len(canon.labels) * x[0].size > MAX_VALUES:
        return None
    for way in (FRACTIONS, *PILLOW_WAYS):
        made = Resizing(canon, (x.shape[1], x.shape[2]), way)
        if (source := made.locate(x)) is not None:
            return made, source
    return None


def resize_bilinear(images: Array, size: tuple[int, int]) -> Array:
    """As TensorFlow's `tf.image.resize`, of images of shape (n, height, width, channels); float32."""
    (top, bottom, down), (left, right, across) = (
        _find_neighbours(old, new) for old, new in zip(images.shape[1:3], size, strict=True)
    )
    whole = images.astype(np.float32)
    rows = whole[:, :, left] + (whole[:, :, right] - whole[:, :, left]) * across[:, None]
    return np.asarray(rows[:, top] + (rows[:, bottom] - rows[:, top]) * down[:, None, None])


@functools.lru_cache(maxsize=16)
def _find_neighbours(old: int, new: int) -> tuple[Array, Array, Array]:
    """For each place along a new side the two old ones around it, and how far it is from the first."""
    at = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * np.float32(old / new) - np.float32(0.5)
    first = np.floor(at)
    return np.maximum(first, 0).astype(np.intp), np.minimum(first + 1, old - 1).astype(np.intp), at - first


def _resize_by_pillow(image: Array, size: tuple[int, int], way: str) -> Array:
    plain = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    made = np.asarray(plain.resize((size[1], size[0]), PILLOW_WAYS[way]))
    return made.reshape(*size, -1)
