"""Held-out images for exercises that train in the student's process: what a function says of them is counted here.

The datasets are public, so that a file could hold a table of their images. No image leaves this process as it is: each is
moved by less than a pixel, turned by a few degrees, dimmed and given noise, at random. Labels never leave it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.data import load_dataset
from grader.protocol.datasets import DatasetRef
from grader.protocol.wire import Counted

Array = np.ndarray[Any, Any]
# The figures below are of 4,000 images: a share of 0.8 has a standard error of 0.006, so that a model whose true share
# lies 0.03 above a floor misses it once in a million draws.
TEST_IMAGES, TRAIN_IMAGES, CLEAN_IMAGES = 4000, 1000, 1000
MAX_SHIFT, MAX_DEGREES, MIN_LIGHT, MAX_NOISE = 0.7, 4.0, 0.85, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Shuffled images of shape (n, 28, 28), their labels, and of which kind each is."""

    images: Array
    labels: Array
    kinds: Array  # 0: test, changed; 1: training, changed; 2: test, as it is


def draw_images(dataset: DatasetRef, generator: np.random.Generator) -> HeldOut:
    """Draws the images, no two of them made of the same one."""
    data = load_dataset(dataset, verify=True)
    test = generator.permutation(len(data.x_test))[: TEST_IMAGES + CLEAN_IMAGES]
    train = generator.permutation(len(data.x_train))[:TRAIN_IMAGES]
    changed, clean = test[:TEST_IMAGES], test[TEST_IMAGES:]
    images = [distort(data.x_test[changed], generator), distort(data.x_train[train], generator), data.x_test[clean]]
    labels = np.concatenate([data.y_test[changed], data.y_train[train], data.y_test[clean]])
    kinds = np.repeat([0, 1, 2], [len(part) for part in images])
    order = generator.permutation(len(labels))
    return HeldOut(images=np.ascontiguousarray(np.concatenate(images)[order]), labels=labels[order], kinds=kinds[order])


def distort(images: Array, generator: np.random.Generator) -> Array:
    """Moves, turns and dims each image a little, by bilinear interpolation, and adds noise; uint8 again."""
    count, height, width = images.shape
    angles = np.deg2rad(generator.uniform(-MAX_DEGREES, MAX_DEGREES, (count, 1, 1)))
    shifts = generator.uniform(-MAX_SHIFT, MAX_SHIFT, (2, count, 1, 1))
    rows, columns = np.meshgrid(np.arange(height) - height / 2 + 0.5, np.arange(width) - width / 2 + 0.5, indexing="ij")
    down = np.cos(angles) * rows - np.sin(angles) * columns + shifts[0] + height / 2 - 0.5
    right = np.sin(angles) * rows + np.cos(angles) * columns + shifts[1] + width / 2 - 0.5
    padded = np.pad(images.astype(np.float32), ((0, 0), (1, 1), (1, 1)))
    top, left = np.clip(np.floor(down).astype(int) + 1, 0, height), np.clip(np.floor(right).astype(int) + 1, 0, width)
    below, beside = np.clip(down + 1 - top, 0, 1), np.clip(right + 1 - left, 0, 1)
    own = np.arange(count)[:, None, None]
    moved = (1 - below) * ((1 - beside) * padded[own, top, left] + beside * padded[own, top, left + 1])
    moved += below * ((1 - beside) * padded[own, top + 1, left] + beside * padded[own, top + 1, left + 1])
    moved *= generator.uniform(MIN_LIGHT, 1.0, (count, 1, 1))
    noise = generator.integers(-MAX_NOISE, MAX_NOISE + 1, moved.shape)
    changed: Array = np.clip(np.rint(moved) + noise, 0, 255).astype(np.uint8)
    return changed


def count_right(held: HeldOut, guesses: list[int]) -> Counted:
    """How many of each kind a function recognised."""
    right = np.asarray(guesses) == held.labels
    test, train, clean = (float(right[held.kinds == kind].mean()) for kind in range(3))
    return Counted(test_accuracy=test, train_accuracy=train, clean_accuracy=clean)
