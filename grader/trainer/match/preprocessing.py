"""Finding out, from a sample of the examples, how canonical images were laid out and changed."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.trainer.match.canonical import (
    UNKNOWN,
    CanonicalImages,
    build_mask_index,
    compute_ink_shares,
    has_black_ground,
    hash_masks,
)
from grader.trainer.match.layout import ImageLayout, iter_layouts, to_bits
from grader.trainer.match.masks import DEFAULT_INK, InkSignature, guess_signatures
from grader.trainer.match.pixel_transforms import (
    PerPixelLine,
    PixelTransform,
    ValueTable,
    find_transform,
    fit_pixel_lines,
)

Array = npt.NDArray[Any]
SAMPLE_SIZE = 256
CHUNK_VALUES = 1 << 21
MIN_SHARE = 0.05
SURE_SHARE = 0.98
MAX_LAYOUTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """What was done to the images: where they lie in an example, and what their pixels became, per channel."""

    layout: ImageLayout
    tones: tuple[PixelTransform, ...]
    outside: Any

    def match_examples(self, rows: Array, images: list[Array]) -> Array:
        """For each example, whether it is exactly this preparation of `images`, (n, pixels) per channel: bool of shape (n,)."""
        right = self.layout.has_frame(rows, self.outside)
        for tone, plane, wanted in zip(
            self.tones, self.layout.split_planes(rows), self.repeat_planes(images), strict=True
        ):
            right &= tone.match_plane(plane, wanted)
        return right

    def apply_preprocessing(self, images: Array) -> Array:
        """Does the same to uint8 images of the dataset's shape, (n, …); float32 of the ordered shape."""
        channels = self.layout.own_channels
        flat = images.reshape(len(images), self.layout.pixels, channels)
        planes = self.apply_to_planes([flat[..., channel] for channel in range(channels)])
        return self.layout.build_examples(planes, self.outside)

    def apply_to_planes(self, images: list[Array]) -> list[Array]:
        """The same, per channel."""
        return [tone.apply_transform(plane) for tone, plane in zip(self.tones, self.repeat_planes(images), strict=True)]

    def repeat_planes(self, images: list[Array]) -> list[Array]:
        """One plane for each channel of an example: of a grey image, always the same."""
        return images if len(images) == len(self.tones) else images * len(self.tones)

    def describe_preprocessing(self) -> str:
        """In words."""
        tones = "; ".join(dict.fromkeys(tone.describe_transform() for tone in self.tones))
        return ", ".join(word for word in (tones, self.layout.describe_layout()) if word)

    @property
    def exact(self) -> bool:
        """Whether an image that holds can hold nothing else."""
        return all(tone.exact for tone in self.tones)


@dataclass(frozen=True, slots=True, kw_only=True)
class InDatasetOrder:
    """Example i is image `offset` + i."""

    offset: int

    def find_images(self, rows: Array, _plane: Array, canon: CanonicalImages) -> Array:
        at = rows + self.offset
        return np.where(at < len(canon.labels), at, UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedByInk:
    """Each example is the one image with the same ink."""

    signature: InkSignature

    def find_images(self, _rows: Array, plane: Array, canon: CanonicalImages) -> Array:
        known = build_mask_index(canon.source, self.signature.index_key)
        first, count = known.find_images(hash_masks(self.signature.masks(plane)))
        # Only a mask that belongs to one image may teach how its pixels were changed.
        return np.where(count == 1, known.order[np.minimum(first, len(known.order) - 1)], UNKNOWN)


Alignment = InDatasetOrder | MatchedByInk


def infer_preprocessing(x: Array, canon: CanonicalImages) -> Preprocessing | None:
    """How the examples `x`, of shape (n, …), were made from the dataset's images; None where nothing fits."""
    # Spread over all examples, since the first ones may be of one class or all odd.
    rows = np.unique(np.linspace(0, len(x) - 1, min(SAMPLE_SIZE, len(x))).astype(np.intp))
    sample = x[rows]
    # One number everywhere would fit any image.
    if (to_bits(sample) == to_bits(sample).flat[0]).all():
        return None
    found = sorted(
        iter_layouts(sample, canon.size, len(canon.planes)),
        key=lambda layout: -_measure_known_share(layout, sample, canon),
    )
    return next(
        filter(None, (_infer_for_layout(layout, x, rows, sample, canon) for layout in found[:MAX_LAYOUTS])), None
    )


def iter_chunks(x: Array) -> Iterator[Array]:
    """The numbers of all examples, in parts that fit into little memory."""
    step = max(1, CHUNK_VALUES // x[0].size)
    for start in range(0, len(x), step):
        yield np.arange(start, min(start + step, len(x)))


def _measure_known_share(layout: ImageLayout, sample: Array, canon: CanonicalImages) -> float:
    """The share of a sample whose ink is some image's: finds the right place in a frame."""
    if not layout.padded:
        return 1.0
    plane = layout.split_planes(sample)[0]
    numbers, counts = np.unique(to_bits(plane), return_counts=True)
    _, hits = build_mask_index(canon.source, DEFAULT_INK.tobytes()).find_images(
        hash_masks(to_bits(plane) != numbers[counts.argmax()])
    )
    return float((hits > 0).mean())


def _infer_for_layout(
    layout: ImageLayout, x: Array, rows: Array, sample: Array, canon: CanonicalImages
) -> Preprocessing | None:
    """The preparation that holds for most of the sample, if for enough of it."""
    planes = layout.split_planes(sample)
    best, best_share = None, MIN_SHARE
    for alignment, at in _iter_alignments(layout, x, rows, planes[0], canon):
        found = at != UNKNOWN
        images = canon.pick_planes(at[found])
        images = images if len(images) == len(planes) else images * len(planes)
        fitted = [
            find_transform(plane[found], wanted, canon.size) for plane, wanted in zip(planes, images, strict=True)
        ]
        # The channel that fits worst decides, since every channel must hold.
        share = min(share for _, share in fitted) * float(found.mean())
        if share >= best_share:
            tones = tuple(tone for tone, _ in fitted if tone is not None)
            best, best_share = (tones, alignment), share
        if share > SURE_SHARE:
            break
    if best is None:
        return None
    preparation = Preprocessing(layout=layout, tones=best[0], outside=layout.read_outside_value(sample))
    return _fit_all_examples(preparation, x, best[1], canon)


def _iter_alignments(
    layout: ImageLayout, x: Array, rows: Array, plane: Array, canon: CanonicalImages
) -> Iterator[tuple[Alignment, Array]]:
    """Ways to find the image of each example, with the images of the sample; likeliest first."""
    straight: list[list[Alignment]] = [[InDatasetOrder(offset=0)], [InDatasetOrder(offset=canon.train_count)]]
    for group in itertools.chain(straight, _iter_ink_alignments(layout, x, plane, canon)):
        tried = []
        for alignment in group:
            at = alignment.find_images(rows, plane, canon)
            tried.append((float((at != UNKNOWN).mean()), alignment, at))
            if tried[-1][0] > SURE_SHARE:
                break
        for share, alignment, at in sorted(tried, key=lambda item: -item[0]):
            if share >= MIN_SHARE:
                yield alignment, at


def _iter_ink_alignments(
    layout: ImageLayout, x: Array, plane: Array, canon: CanonicalImages
) -> Iterator[list[Alignment]]:
    def iter_planes() -> Iterator[Array]:
        return (layout.split_planes(x[rows])[0] for rows in iter_chunks(x))

    def find_extremes() -> tuple[Array, Array]:
        return (
            functools.reduce(np.minimum, (part.min(axis=0) for part in iter_planes())),
            functools.reduce(np.maximum, (part.max(axis=0) for part in iter_planes())),
        )

    def measure_ink_share(number: Any) -> float:
        return sum(int((to_bits(part) != number).sum()) for part in iter_planes()) / (len(x) * canon.pixels)

    shares = functools.partial(compute_ink_shares, canon.source)
    black_ground = has_black_ground(canon.source)
    for group in guess_signatures(plane, find_extremes, measure_ink_share, shares, black_ground=black_ground):
        yield [MatchedByInk(signature=signature) for signature in group]


def _is_of_a_sample(tone: PixelTransform) -> bool:
    """Whether more examples may show more of a change."""
    return isinstance(tone, PerPixelLine) or (isinstance(tone, ValueTable) and not tone.known.all())


def _fit_all_examples(
    preparation: Preprocessing, x: Array, alignment: Alignment, canon: CanonicalImages
) -> Preprocessing | None:
    """With tables and lines per place taken from all examples: a sample doesn't show every pixel value at every place.

    None where those lines follow no statistics of the images: then they are another change, which may be anything.
    """
    if not any(map(_is_of_a_sample, preparation.tones)):
        return preparation
    ordered: list[Array] = []

    def iter_parts(channel: int) -> Iterator[tuple[Array, Array]]:
        for rows in iter_chunks(x):
            planes = preparation.layout.split_planes(x[rows])
            at = alignment.find_images(rows, planes[0], canon)
            found = at != UNKNOWN
            ordered.append(at[found])
            yield planes[channel][found], canon.planes[channel % len(canon.planes)][at[found]]

    tones: list[PixelTransform] = []
    for channel, tone in enumerate(preparation.tones):
        if isinstance(tone, PerPixelLine):
            tones.append(fit_pixel_lines(iter_parts(channel), canon.pixels, x.dtype) or tone)
        else:
            tones.append(tone.learn_levels(iter_parts(channel)) if isinstance(tone, ValueTable) else tone)
    # Whoever trains on a part may have standardised by that part.
    parts: list[Any] = [slice(canon.train_count), np.concatenate(ordered)]
    for channel, tone in enumerate(tones):
        plane = canon.planes[channel % len(canon.planes)]
        if isinstance(tone, PerPixelLine) and not any(tone.follows_statistics(plane[part]) for part in parts):
            return None
    return replace(preparation, tones=tuple(tones))
