"""Finding images by their ink alone, before it is known what was done to their pixel values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.trainer.match_layout import bits
from grader.trainer.match_tones import LEVELS, PerPixel, Table, Tone

Array = npt.NDArray[Any]
USUAL_THRESHOLDS = (127, 126, 128, 100, 50, 200)
NEAREST = 6
FEW_NUMBERS = 128
INK = np.arange(LEVELS) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Which pixels of an example are ink (`masks`), and which canonical pixel values (`ink`, bool of shape (256,))."""

    masks: Callable[[Array], Array]
    ink: Array


def of_tone(tone: Tone) -> Signature:
    """The signature under a change of pixel values that is known."""
    if isinstance(tone, Table):
        return Signature(masks=_other_than(tone.values[0]), ink=tone.ink())
    if isinstance(tone, PerPixel):
        return Signature(masks=lambda plane: tone.differs(plane, tone.offsets), ink=INK)
    return Signature(masks=_above_own_lowest, ink=INK)


def guesses(
    sample: Array,
    extremes: Callable[[], tuple[Array, Array]],
    ink_share: Callable[[Any], float],
    shares: Callable[[], Array],
) -> Iterator[list[Signature]]:
    """Signatures for a change that isn't known, in groups, likeliest first.

    Args:
        sample: planes of shape (n, 784).
        extremes: the lowest and the highest number at each of the 784 places, over all examples.
        ink_share: the share of pixels that differ from a given number, over all examples.
        shares: the share of canonical pixels above each of the 256 values.
    """
    numbers, counts = np.unique(bits(sample), return_counts=True)
    common = numbers[np.argsort(-counts)[:2]]
    yield [Signature(masks=_other_than(number.view(sample.dtype)), ink=INK) for number in common]
    yield [Signature(masks=_above_own_lowest, ink=INK), Signature(masks=_below_own_highest, ink=INK)]
    if sample.dtype.kind == "f":
        yield [Signature(masks=_other_than(ground), ink=INK) for ground in extremes()]
    if 1 < len(numbers) <= FEW_NUMBERS:
        yield [
            Signature(masks=_other_than(number.view(sample.dtype)), ink=np.arange(LEVELS) > threshold)
            for number in common
            for threshold in _thresholds(ink_share(number), shares())
        ]


def _thresholds(ink: float, shares: Array) -> list[int]:
    """Pixel values above which the dataset has about this share of ink, and those that people choose."""
    nearest = np.argsort(np.abs(shares - ink))[:NEAREST]
    return list(dict.fromkeys((*nearest.tolist(), *USUAL_THRESHOLDS)))


def _other_than(ground: Array) -> Callable[[Array], Array]:
    """Ink is what differs from `ground`, one number or of shape (784,)."""

    def masks(plane: Array) -> Array:
        return np.asarray(bits(plane) != bits(ground))

    return masks


def _above_own_lowest(plane: Array) -> Array:
    return np.asarray(plane > plane.min(axis=1, keepdims=True))


def _below_own_highest(plane: Array) -> Array:
    return np.asarray(plane < plane.max(axis=1, keepdims=True))
