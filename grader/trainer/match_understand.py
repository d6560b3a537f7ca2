"""Finding out, from a sample of the examples, how canonical images were laid out and changed."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.trainer.match_canonical import PIXELS, TRAIN, UNKNOWN, Canonical, index, mask_keys, shares
from grader.trainer.match_layout import Layout, bits, layouts
from grader.trainer.match_masks import INK, Signature, guesses
from grader.trainer.match_tones import PerPixel, Tone, fit, fit_places

Array = npt.NDArray[Any]
SAMPLE = 256
CHUNK_VALUES = 1 << 21
LEAST_SHARE = 0.05
SURE_SHARE = 0.98
MAX_PLACES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What was done to the images: where they lie in an example, and what their pixels became, per channel."""

    layout: Layout
    tones: tuple[Tone, ...]
    outside: Any

    def holds(self, rows: Array, images: Array) -> Array:
        """For each example, whether it is exactly this preparation of `images` (n, 784): bool of shape (n,)."""
        right = self.layout.frame_is(rows, self.outside)
        for tone, plane in zip(self.tones, self.layout.planes(rows), strict=True):
            right &= tone.holds(plane, images)
        return right

    def transform(self, images: Array) -> Array:
        """Does the same to uint8 images (n, 28, 28); float32 of the ordered shape."""
        flat = images.reshape(-1, PIXELS)
        return self.layout.assemble([tone.apply(flat) for tone in self.tones], self.outside)

    def describe(self) -> str:
        """In words."""
        tones = "; ".join(dict.fromkeys(tone.describe() for tone in self.tones))
        return ", ".join(word for word in (tones, self.layout.describe()) if word)

    @property
    def exact(self) -> bool:
        """Whether an image that holds can hold nothing else."""
        return all(tone.exact for tone in self.tones)


@dataclass(frozen=True, slots=True, kw_only=True)
class Straight:
    """Example i is image `offset` + i."""

    offset: int

    def images(self, rows: Array, _plane: Array, canon: Canonical) -> Array:
        at = rows + self.offset
        return np.where(at < len(canon.images), at, UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByInk:
    """Each example is the one image with the same ink."""

    signature: Signature

    def images(self, _rows: Array, plane: Array, canon: Canonical) -> Array:
        known = index(canon.name, self.signature.ink.tobytes())
        first, count = known.find(mask_keys(self.signature.masks(plane)))
        return np.where(count == 1, known.order[np.minimum(first, len(known.order) - 1)], UNKNOWN)


Alignment = Straight | ByInk


def understand(x: Array, canon: Canonical) -> Preparation | None:
    """How the examples `x`, of shape (n, …), were made from the dataset's images; None where nothing fits."""
    rows = np.unique(np.linspace(0, len(x) - 1, min(SAMPLE, len(x))).astype(np.intp))
    sample = x[rows]
    if (bits(sample) == bits(sample).flat[0]).all():
        return None
    found = sorted(layouts(sample), key=lambda layout: -_promise(layout, sample, canon))
    return next(filter(None, (_under(layout, x, rows, sample, canon) for layout in found[:MAX_PLACES])), None)


def chunks(x: Array) -> Iterator[Array]:
    """The numbers of all examples, in parts that fit into little memory."""
    step = max(1, CHUNK_VALUES // x[0].size)
    for start in range(0, len(x), step):
        yield np.arange(start, min(start + step, len(x)))


def _promise(layout: Layout, sample: Array, canon: Canonical) -> float:
    """The share of a sample whose ink is some image's: tells the right place in a frame."""
    if not layout.padded:
        return 1.0
    plane = layout.planes(sample)[0]
    numbers, counts = np.unique(bits(plane), return_counts=True)
    _, hits = index(canon.name, INK.tobytes()).find(mask_keys(bits(plane) != numbers[counts.argmax()]))
    return float((hits > 0).mean())


def _under(layout: Layout, x: Array, rows: Array, sample: Array, canon: Canonical) -> Preparation | None:
    """The preparation that holds for most of the sample, if for enough of it."""
    planes = layout.planes(sample)
    best, best_share = None, LEAST_SHARE
    for alignment, at in _alignments(layout, x, rows, planes[0], canon):
        found = at != UNKNOWN
        fitted = [fit(plane[found], canon.images[at[found]]) for plane in planes]
        share = min(share for _, share in fitted) * float(found.mean())
        if share >= best_share:
            tones = tuple(tone for tone, _ in fitted if tone is not None)
            best, best_share = (tones, alignment), share
        if share > SURE_SHARE:
            break
    if best is None:
        return None
    preparation = Preparation(layout=layout, tones=best[0], outside=layout.outside(sample))
    return _complete(preparation, x, best[1], canon)


def _alignments(
    layout: Layout, x: Array, rows: Array, plane: Array, canon: Canonical
) -> Iterator[tuple[Alignment, Array]]:
    """Ways to tell the image of each example, with those of the sample; likeliest first."""
    straight: list[list[Alignment]] = [[Straight(offset=0)], [Straight(offset=TRAIN)]]
    for group in itertools.chain(straight, _by_ink(layout, x, plane, canon)):
        tried = []
        for alignment in group:
            at = alignment.images(rows, plane, canon)
            tried.append((float((at != UNKNOWN).mean()), alignment, at))
            if tried[-1][0] > SURE_SHARE:
                break
        for share, alignment, at in sorted(tried, key=lambda item: -item[0]):
            if share >= LEAST_SHARE:
                yield alignment, at


def _by_ink(layout: Layout, x: Array, plane: Array, canon: Canonical) -> Iterator[list[Alignment]]:
    def planes() -> Iterator[Array]:
        return (layout.planes(x[rows])[0] for rows in chunks(x))

    def extremes() -> tuple[Array, Array]:
        return (
            functools.reduce(np.minimum, (part.min(axis=0) for part in planes())),
            functools.reduce(np.maximum, (part.max(axis=0) for part in planes())),
        )

    def ink_share(number: Any) -> float:
        return sum(int((bits(part) != number).sum()) for part in planes()) / (len(x) * PIXELS)

    for group in guesses(plane, extremes, ink_share, functools.partial(shares, canon.name)):
        yield [ByInk(signature=signature) for signature in group]


def _complete(preparation: Preparation, x: Array, alignment: Alignment, canon: Canonical) -> Preparation:
    """With lines per place taken from all examples, as a sample doesn't show every pixel value at every place."""
    if not any(isinstance(tone, PerPixel) for tone in preparation.tones):
        return preparation

    def parts(channel: int) -> Iterator[tuple[Array, Array]]:
        for rows in chunks(x):
            planes = preparation.layout.planes(x[rows])
            at = alignment.images(rows, planes[0], canon)
            found = at != UNKNOWN
            yield planes[channel][found], canon.images[at[found]]

    tones = [
        (fit_places(parts(channel), x.dtype) or tone) if isinstance(tone, PerPixel) else tone
        for channel, tone in enumerate(preparation.tones)
    ]
    return replace(preparation, tones=tuple(tones))
