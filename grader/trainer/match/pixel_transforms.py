"""What was done to the pixel values: recognised so tightly that a label hidden in them is not overlooked.

A change that looks at one pixel at a time (`/ 255`, inverting, a threshold, float16) must hold bit for bit: the same
pixel value has become the same number everywhere. So nothing else can be in the image, however faint. Changes that
average over an image or over the dataset can't be that exact, since sums come out differently in their last bits: they
must hold to some units in the last place, and as even those could spell a label, such images are written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from grader.trainer.match.layout import to_bits

Array = npt.NDArray[Any]
LEVELS = 256
# Libraries add up an image in different orders, so the last places of a sum differ.
TOLERANCE_ULPS = 64
SURE_SHARE = 0.98
MIN_SURE_PLACES = 100
MAX_PLACES = 200_000  # each takes two kilobytes for its 256 levels
MAX_TABLE_NUMBERS = 4096
# How much the lines of all places must agree with statistics of the images, where there is enough ink to tell.
MIN_LIKENESS = 0.95
MIN_INK_SHARE = 0.1
STATISTICS_EXAMPLES = 6000
SAME_SHARE = 1e-3


class PixelTransform(Protocol):
    """One way in which pixel values were changed; `exact` where it holds bit for bit."""

    exact: ClassVar[bool]

    def match_plane(self, plane: Array, images: Array) -> Array:
        """For each example, whether its plane (n, pixels) is this change of `images` (n, pixels): bool of shape (n,)."""

    def apply_transform(self, images: Array) -> Array:
        """The change, applied to uint8 images (n, pixels); float32."""

    def describe_transform(self) -> str:
        """In words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTable:
    """Each of the 256 pixel values has become one number; `known` says which were seen."""

    exact: ClassVar[bool] = True
    values: Array
    known: Array

    def match_plane(self, plane: Array, images: Array) -> Array:
        return np.asarray((to_bits(plane) == np.take(to_bits(self.values), images)).all(axis=1))

    def apply_transform(self, images: Array) -> Array:
        return np.asarray(self.fill_table()[images])

    def learn_levels(self, parts: Iterable[tuple[Array, Array]]) -> ValueTable:
        """With the numbers of pixel values that a sample didn't show, as small or sparse images have them.

        Args:
            parts: examples, and the canonical images that they are, both of shape (n, pixels).
        """
        values, known = self.values.copy(), self.known.copy()
        for plane, images in parts:
            fresh = ~known[images]
            if fresh.any():
                # Of an odd example a wrong number would be learned, and costs the images with this value.
                levels, first = np.unique(images[fresh], return_index=True)
                values[levels], known[levels] = plane[fresh][first], True
        return replace(self, values=values, known=known)

    def fill_table(self) -> Array:
        """All 256 numbers as float32; those not seen lie on the line through those that were."""
        levels = np.flatnonzero(self.known)
        values = self.values.astype(np.float64)
        line = self._fit_line()
        steps = np.arange(LEVELS)
        filled = np.interp(steps, levels, values[levels]) if line is None else line[0] * steps + line[1]
        return np.where(self.known, values, filled).astype(np.float32)

    def find_ink(self) -> Array:
        """Which pixel values differ from black's number: bool of shape (256,)."""
        return np.asarray(to_bits(self.values) != to_bits(self.values)[0])

    @property
    def falls(self) -> bool:
        """Whether the brightest pixels have become the smallest numbers."""
        seen = self.values[self.known]
        return bool(seen[-1] < seen[0])

    def describe_transform(self) -> str:
        line = self._fit_line()
        if line is not None:
            return describe_affine(*line)
        found = self.values[self.known]
        if len(np.unique(found)) == 2:
            change = int(np.flatnonzero(self.known)[np.flatnonzero(found != found[0])[0]])
            return f"pixels in two values, changing at {change}"
        return "pixel values replaced one by one"

    def _fit_line(self) -> tuple[float, float] | None:
        """(a, b) where the numbers are a · pixel + b to the last places of their type."""
        levels = np.flatnonzero(self.known)
        values = self.values[levels].astype(np.float64)
        if len(levels) < 2 or not np.isfinite(values).all():
            return None
        slope = (values[-1] - values[0]) / (levels[-1] - levels[0])
        offset = values[0] - slope * levels[0]
        near = np.abs(values - (slope * levels + offset)) <= compute_tolerance(self.values.dtype, values)
        return (float(slope), float(offset)) if near.all() and slope != 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PerImageScaling:
    """Each image was scaled by figures of its own, such as its norm; `figures` gives (subtrahend, divisor)."""

    exact: ClassVar[bool] = False
    words: str
    figures: Callable[[Array], tuple[Array, Array]]
    size: tuple[int, int]
    dtype: Any

    def match_plane(self, plane: Array, images: Array) -> Array:
        wanted = self._compute_exact(images)
        near = np.abs(plane - wanted) <= compute_tolerance(self.dtype, wanted, axis=1)
        # A zero must be exactly zero: a faint number on the background could spell a label.
        return np.asarray((near & ((wanted != 0) | (plane == 0))).all(axis=1))

    def apply_transform(self, images: Array) -> Array:
        return np.asarray(self._compute_exact(images), np.float32)

    def describe_transform(self) -> str:
        return self.words

    def _compute_exact(self, images: Array) -> Array:
        # In float64, so that what differs is the rounding of the student's own computation.
        squares = images.reshape(-1, *self.size).astype(np.float64)
        subtrahend, divisor = self.figures(squares)
        return ((squares - subtrahend) / np.where(divisor == 0, 1, divisor)).reshape(images.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerPixelLine:
    """Each place has a line of its own, as after standardising over the dataset.

    All of shape (pixels,); `slack` is how far off the line rounding may lead.
    """

    exact: ClassVar[bool] = False
    slopes: Array
    offsets: Array
    slack: Array

    def match_plane(self, plane: Array, images: Array) -> Array:
        return np.asarray(~self.find_differences(plane, self.slopes * images + self.offsets).any(axis=1))

    def find_differences(self, plane: Array, wanted: Array) -> Array:
        """Where a plane isn't what was wanted; NaN is what was wanted where it was."""
        both_nan: Array = np.isnan(wanted) & np.isnan(plane)
        return np.asarray(~(both_nan | (np.abs(plane - wanted) <= self.slack)))

    def apply_transform(self, images: Array) -> Array:
        return np.asarray(self.slopes * images + self.offsets, np.float32)

    def follows_statistics(self, images: Array) -> bool:
        """Whether the lines are what standardising gives: widths and centres that follow statistics of the images.

        Chosen freely, 784 slopes would hold the weights of a layer, made beforehand.

        Args:
            images: uint8 of shape (n, height · width).
        """
        pixels = images[:: max(1, len(images) // STATISTICS_EXAMPLES)].astype(np.float64)
        low, middle, high = np.percentile(pixels, (25, 50, 75), axis=0)
        # One image more may change these, so that they need all of them.
        smallest, largest = images.min(axis=0).astype(np.float64), images.max(axis=0).astype(np.float64)
        deviation, mean = pixels.std(axis=0), pixels.mean(axis=0)
        used = (deviation > MIN_INK_SHARE * deviation.max()) & np.isfinite(self.offsets) & (self.slopes != 0)
        if not used.any():
            return True
        slopes, offsets = self.slopes[used], self.offsets[used]
        widths, centres = (-1 if (slopes < 0).all() else 1) / slopes, -offsets / slopes
        ranges = [part[used] for part in (deviation, mean, largest, largest - smallest, high - low)]
        middles = [part[used] for part in (mean, middle, smallest, largest, low, high)]
        # Centres are pixel values, whatever the images were multiplied by; widths are as small or large as one likes.
        pixel = float(np.clip(np.abs(centres).max(), 1, LEVELS - 1))
        return _is_like(widths, ranges, float(np.abs(widths).max())) and _is_like(centres, middles, pixel)

    def describe_transform(self) -> str:
        empty = int(np.isnan(self.offsets).sum())
        count = len(self.offsets)
        note = f" (NaN at {empty} of the {count} places: a standard deviation of zero)" if empty else ""
        return f"each of the {count} places scaled on its own{note}"


def _is_like(values: Array, statistics: list[Array], size: float) -> bool:
    """Whether numbers of a certain size are all the same, or grow in a line with one of some statistics."""
    if np.ptp(values) <= SAME_SHARE * size:
        return True
    return any(np.ptp(each) > 0 and np.corrcoef(values, each)[0, 1] > MIN_LIKENESS for each in statistics)


def compute_tolerance(dtype: Any, values: Array, axis: int | None = None) -> Any:
    """A few units in the last place of the largest value."""
    if np.dtype(dtype).kind != "f":
        return 0.0
    return TOLERANCE_ULPS * np.finfo(dtype).eps * np.abs(values).max(axis=axis, keepdims=axis is not None)


def find_transform(plane: Array, images: Array, size: tuple[int, int]) -> tuple[PixelTransform | None, float]:
    """The change that most of a sample shows, and the share that shows it.

    Args:
        plane: examples of shape (n, pixels), as ordered.
        images: the canonical images that they may be, uint8 of shape (n, pixels).
        size: height and width of an image.
    """
    best: PixelTransform | None = None
    best_share = 0.0
    for tone in _iter_candidates(plane, images, size):
        share = float(tone.match_plane(plane, images).mean())
        if share > best_share:
            best, best_share = tone, share
        # The simplest change is tried first, so a sure one needs no rival.
        if share > SURE_SHARE:
            break
    return best, best_share


def _iter_candidates(plane: Array, images: Array, size: tuple[int, int]) -> Iterator[PixelTransform]:
    if (table := _fit_table(plane, images)) is not None:
        yield table
    if plane.dtype.kind == "f":
        for words, figures in IMAGE_SCALINGS.items():
            yield PerImageScaling(words=words, figures=figures, size=size, dtype=plane.dtype)
        if (per_pixel := fit_pixel_lines([(plane, images)], plane.shape[1], plane.dtype)) is not None:
            yield per_pixel


def _fit_table(plane: Array, images: Array) -> ValueTable | None:
    """The number that each pixel value became most often; None where too many numbers occur, or one only."""
    numbers, codes = np.unique(to_bits(plane).ravel(), return_inverse=True)
    # A constant fits every image; a table has at most 256 numbers, beside those of odd examples.
    if not 1 < len(numbers) <= MAX_TABLE_NUMBERS:
        return None
    counts = np.bincount(images.ravel().astype(np.intp) * len(numbers) + codes.ravel(), minlength=LEVELS * len(numbers))
    counts = counts.reshape(LEVELS, len(numbers))
    known: Array = counts.sum(axis=1) > 0
    values = np.zeros(LEVELS, plane.dtype)
    to_bits(values)[known] = numbers[counts.argmax(axis=1)[known]]
    return ValueTable(values=values, known=known) if len(np.unique(to_bits(values)[known])) > 1 else None


def fit_pixel_lines(parts: Iterable[tuple[Array, Array]], pixels: int, dtype: Any) -> PerPixelLine | None:
    """One line per place; None where too few places have three different pixel values to tell.

    Args:
        parts: planes (n, pixels) with the canonical images that they are.
        pixels: how many places there are.
        dtype: the planes' float type.
    """
    if pixels > MAX_PLACES:
        return None
    numbers, seen = np.zeros(pixels * LEVELS, dtype), np.zeros(pixels * LEVELS, bool)
    offsets = np.arange(pixels, dtype=np.intp) * LEVELS
    for plane, images in parts:
        where = images + offsets
        numbers[where], seen[where] = plane, True
    cells, known = numbers.astype(np.float64).reshape(pixels, LEVELS), seen.reshape(pixels, LEVELS)
    slopes, shifts = _fit_lines(cells, known)
    # Two points always lie on a line; only a third one shows that it is one.
    if ((known.sum(axis=1) >= 3) & np.isfinite(slopes) & (slopes != 0)).sum() < min(MIN_SURE_PLACES, pixels // 2):
        return None
    largest = np.nan_to_num(np.abs(np.where(known, cells, 0)).max(axis=1))
    return PerPixelLine(slopes=slopes, offsets=shifts, slack=TOLERANCE_ULPS * np.finfo(dtype).eps * largest)


def _fit_lines(cells: Array, known: Array) -> tuple[Array, Array]:
    """Slope and offset through the lowest and the highest known pixel value of each place; flat where there is one."""
    low, high = known.argmax(axis=1), LEVELS - 1 - known[:, ::-1].argmax(axis=1)
    rows = np.arange(len(cells))
    run = np.maximum(high - low, 1)
    slopes = np.where(high > low, (cells[rows, high] - cells[rows, low]) / run, 0.0)
    return slopes, cells[rows, low] - slopes * low


def _make_norm_scaling(axis: Any, power: int) -> Callable[[Array], tuple[Array, Array]]:
    def compute_norm(squares: Array) -> tuple[Array, Array]:
        return np.zeros(1), (squares**power).sum(axis=axis, keepdims=True) ** (1 / power)

    return compute_norm


def _measure_largest(squares: Array) -> tuple[Array, Array]:
    return np.zeros(1), squares.max(axis=(1, 2), keepdims=True)


def _measure_mean_and_deviation(squares: Array) -> tuple[Array, Array]:
    return squares.mean(axis=(1, 2), keepdims=True), squares.std(axis=(1, 2), keepdims=True)


IMAGE_SCALINGS: dict[str, Callable[[Array], tuple[Array, Array]]] = {
    "each row divided by its L2 norm": _make_norm_scaling(2, 2),
    "each column divided by its L2 norm": _make_norm_scaling(1, 2),
    "each image divided by its L2 norm": _make_norm_scaling((1, 2), 2),
    "each image divided by its sum": _make_norm_scaling((1, 2), 1),
    "each image divided by its largest pixel": _measure_largest,
    "each image standardised on its own": _measure_mean_and_deviation,
}


def describe_affine(slope: float, offset: float) -> str:
    """`slope · pixel + offset` as a student would have written it.

    >>> describe_affine(1 / 255, 0.0)
    'pixels / 255'
    >>> describe_affine(-1.0, 255.0)
    '255 - pixels'
    >>> describe_affine(1 / 255, -0.5)
    'pixels / 255 - 0.5'
    >>> describe_affine(1 / 78.567, -33.318 / 78.567)
    '(pixels - 33.318) / 78.567'
    """
    if abs(offset) < 1e-6 * abs(slope):
        return "raw pixels" if abs(slope - 1) < 1e-6 else _format_scale(slope)
    shift = _format_tidy(offset)
    if shift is not None and slope < 0:
        return f"{shift} - {_format_scale(-slope)}"
    if shift is not None:
        return f"{_format_scale(slope)} {'-' if offset < 0 else '+'} {shift.lstrip('-')}"
    return f"(pixels {'-' if offset / slope < 0 else '+'} {abs(offset / slope):.5g}) / {1 / slope:.5g}"


def _format_scale(slope: float) -> str:
    if abs(slope - 1) < 1e-6:
        return "pixels"
    if abs(slope) < 1:
        return f"pixels / {1 / slope:.6g}"
    return f"pixels * {slope:.6g}"


def _format_tidy(number: float) -> str | None:
    """The number where it has at most two decimals."""
    return f"{round(number, 2):g}" if abs(number - round(number, 2)) < 1e-5 else None
