"""The canonical images in one array, and an index that finds an image by which of its pixels are dark."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.data import find_source, load_dataset
from grader.protocol.datasets import DatasetRef, DatasetSource

Array = npt.NDArray[Any]
UNKNOWN = -1
WORD_BITS = 64
CHUNK_PIXELS = 4096 * 784


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalImages:
    """Both splits, training images first.

    Args:
        size: height and width of an image.
        planes: for each channel, its pixels: uint8 of shape (n, height · width).
        labels: of shape (n,), from 0 to `class_count` - 1.
        train_count: how many of the images are the training split's.
    """

    source: DatasetSource
    size: tuple[int, int]
    planes: tuple[Array, ...]
    labels: Array
    train_count: int

    @property
    def name(self) -> str:
        return self.source.about.id

    @property
    def class_count(self) -> int:
        return len(self.source.about.classes)

    @property
    def pixels(self) -> int:
        """How many pixels an image has in each channel."""
        return self.size[0] * self.size[1]

    def group_labels(self, places: Any) -> tuple[Array, int]:
        """The classes of some images, and how many classes there are."""
        return self.labels[places], self.class_count

    def pick_planes(self, places: Any) -> list[Array]:
        """Some images, by their numbers or as a slice: for each channel, of shape (n, pixels)."""
        return [plane[places] for plane in self.planes]

    def pick_images(self, places: Any) -> Array:
        """Some images as they are in the dataset, with an axis for the channels where there are several."""
        picked = self.pick_planes(places)
        return np.stack(picked, axis=-1).reshape(-1, *self.source.about.shape)


def load_canonical_images(dataset: DatasetRef) -> CanonicalImages:
    """The verified dataset; read once, never written to."""
    return _load_canonical_images(find_source(dataset))


@functools.cache
def _load_canonical_images(source: DatasetSource) -> CanonicalImages:
    # Verified, since student processes may be able to write to the cache that it comes from.
    data = load_dataset(source, verify=True)
    height, width, *_ = source.about.shape
    splits = [split.reshape(len(split), height * width, -1) for split in (data.x_train, data.x_test)]
    # Channel by channel, so that colours aren't in memory once more on the way.
    planes = tuple(np.concatenate([split[..., channel] for split in splits]) for channel in range(splits[0].shape[-1]))
    labels = np.concatenate([data.y_train, data.y_test])
    # One copy serves the whole process, so a write would spoil every later match.
    for array in (*planes, labels):
        array.flags.writeable = False
    return CanonicalImages(
        source=source, size=(height, width), planes=planes, labels=labels, train_count=source.about.splits.train
    )


@functools.cache
def compute_ink_shares(source: DatasetSource) -> Array:
    """The share of a dataset's pixels above each of the 256 values, in its first channel."""
    parts = np.array_split(load_canonical_images(source).planes[0], 20)
    counts = np.sum([np.bincount(part.ravel(), minlength=256) for part in parts], axis=0)
    return np.asarray(1 - np.cumsum(counts) / counts.sum())


@functools.cache
def has_black_ground(source: DatasetSource) -> bool:
    """Whether black is the commonest value, as in drawings; a photograph may have no black pixel at all."""
    counts = -np.diff(compute_ink_shares(source), prepend=1.0)
    return bool(counts[0] == counts.max())


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskIndex:
    """Images by their mask: sorted `keys`, and the image of each in `order`."""

    keys: Array
    order: Array

    def find_images(self, keys: Array) -> tuple[Array, Array]:
        """For each key, where its images begin in `order`, and how many there are (0: none)."""
        first = np.searchsorted(self.keys, keys, side="left")
        return first, np.searchsorted(self.keys, keys, side="right") - first


@functools.lru_cache(maxsize=16)
def build_mask_index(source: DatasetSource, ink: bytes) -> MaskIndex:
    """The index of a dataset, by the first channel of its images.

    Args:
        ink: which pixel values count as ink: the bytes of a bool array of shape (256,); empty: places are compared.
    """
    images, values = load_canonical_images(source).planes[0], np.frombuffer(ink, bool)
    step = max(1, CHUNK_PIXELS // images.shape[1])
    parts = (images[at : at + step] for at in range(0, len(images), step))
    found = np.concatenate([hash_masks(values[part] if ink else compare_places(part)) for part in parts])
    order = np.argsort(found, kind="stable").astype(np.int32)
    return MaskIndex(keys=found[order], order=order)


def compare_places(planes: Array) -> Array:
    """A mask of planes (n, pixels) that stays the same under every change by which a brighter pixel stays brighter."""
    return np.asarray(planes > np.roll(planes, planes.shape[1] // 2 + 1, axis=1))


@functools.lru_cache(maxsize=16)
def _draw_multipliers(words: int) -> Array:
    """Odd multipliers for a sum that tells packed masks apart; a collision costs time only, since every hit is compared."""
    return np.random.Generator(np.random.PCG64(28)).integers(0, 2**63, words, dtype=np.uint64) * 2 + 1


def hash_masks(masks: Array) -> Array:
    """One uint64 for each mask of shape (n, pixels)."""
    # Padded to whole 64-bit words, so that a mask is summed as few integers.
    words = -(-masks.shape[1] // WORD_BITS)
    packed = np.zeros((len(masks), words * 8), np.uint8)
    bits = np.packbits(masks, axis=1)
    packed[:, : bits.shape[1]] = bits
    return np.asarray((packed.view(np.uint64) * _draw_multipliers(words)).sum(axis=1, dtype=np.uint64))
