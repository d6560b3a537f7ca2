"""Finding images by their ink alone, before it is known what was done to their pixel values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.trainer.match.canonical import compare_places
from grader.trainer.match.layout import to_bits
from grader.trainer.match.pixel_transforms import LEVELS, PerPixelLine, PixelTransform, ValueTable

Array = npt.NDArray[Any]
USUAL_THRESHOLDS = (127, 126, 128, 100, 50, 200)
NEAREST_THRESHOLDS = 6
MAX_DISTINCT_NUMBERS = 128
DEFAULT_INK = np.arange(LEVELS) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InkSignature:
    """Which pixels of an example are ink (`masks`), and which canonical pixel values (`ink`, bool of shape (256,)).

    Without `ink`, the masks say instead which of two pixels is brighter.
    """

    masks: Callable[[Array], Array]
    ink: Array | None

    @property
    def index_key(self) -> bytes:
        """As `build_mask_index` takes it."""
        return b"" if self.ink is None else self.ink.tobytes()


def build_signature(tone: PixelTransform, *, black_ground: bool) -> InkSignature:
    """The signature under a change of pixel values that is known, of images with a black ground or others."""
    if not black_ground and not isinstance(tone, PerPixelLine):
        falls = isinstance(tone, ValueTable) and tone.falls
        return InkSignature(masks=_compare_reversed if falls else compare_places, ink=None)
    if isinstance(tone, ValueTable):
        return InkSignature(masks=_make_mask_finder(tone.values[0]), ink=tone.find_ink())
    if isinstance(tone, PerPixelLine):
        return InkSignature(masks=lambda plane: tone.find_differences(plane, tone.offsets), ink=DEFAULT_INK)
    return InkSignature(masks=_find_above_lowest, ink=DEFAULT_INK)


def guess_signatures(
    sample: Array,
    extremes: Callable[[], tuple[Array, Array]],
    ink_share: Callable[[Any], float],
    shares: Callable[[], Array],
    *,
    black_ground: bool,
) -> Iterator[list[InkSignature]]:
    """Signatures for a change that isn't known, in groups, likeliest first.

    Args:
        sample: planes of shape (n, pixels).
        extremes: the lowest and the highest number at each place, over all examples.
        ink_share: the share of pixels that differ from a given number, over all examples.
        shares: the share of canonical pixels above each of the 256 values.
        black_ground: whether black is the commonest canonical value.
    """
    if not black_ground:
        yield [InkSignature(masks=compare_places, ink=None), InkSignature(masks=_compare_reversed, ink=None)]
    numbers, counts = np.unique(to_bits(sample), return_counts=True)
    # The background is mostly the commonest number of all, else the second.
    common = numbers[np.argsort(-counts)[:2]]
    yield [InkSignature(masks=_make_mask_finder(number.view(sample.dtype)), ink=DEFAULT_INK) for number in common]
    yield [
        InkSignature(masks=_find_above_lowest, ink=DEFAULT_INK),
        InkSignature(masks=_find_below_highest, ink=DEFAULT_INK),
    ]
    # After standardising place by place each pixel has a background of its own: its lowest number or its highest.
    if sample.dtype.kind == "f":
        yield [InkSignature(masks=_make_mask_finder(ground), ink=DEFAULT_INK) for ground in extremes()]
    # Few numbers mean a threshold or coarser levels, so ink begins at a grey that has to be guessed.
    if 1 < len(numbers) <= MAX_DISTINCT_NUMBERS:
        yield [
            InkSignature(masks=_make_mask_finder(number.view(sample.dtype)), ink=np.arange(LEVELS) > threshold)
            for number in common
            for threshold in _list_thresholds(ink_share(number), shares())
        ]


def _list_thresholds(ink: float, shares: Array) -> list[int]:
    """Pixel values above which the dataset has about this share of ink, and those that people choose."""
    nearest = np.argsort(np.abs(shares - ink))[:NEAREST_THRESHOLDS]
    return list(dict.fromkeys((*nearest.tolist(), *USUAL_THRESHOLDS)))


def _make_mask_finder(ground: Array) -> Callable[[Array], Array]:
    """Ink is what differs from `ground`, one number or of shape (pixels,)."""

    def find_mask(plane: Array) -> Array:
        return np.asarray(to_bits(plane) != to_bits(ground))

    return find_mask


def _compare_reversed(plane: Array) -> Array:
    """As `compare_places`, of images that were inverted."""
    return np.asarray(plane < np.roll(plane, plane.shape[1] // 2 + 1, axis=1))


def _find_above_lowest(plane: Array) -> Array:
    return np.asarray(plane > plane.min(axis=1, keepdims=True))


def _find_below_highest(plane: Array) -> Array:
    return np.asarray(plane < plane.max(axis=1, keepdims=True))
