"""Whether the order of the examples tells their labels: sorted, class by class in turn, or by a code within each batch.

A model that looks at a whole batch at once, or that goes after the last images it saw, is then right about images that
it doesn't know. Where `fit` shuffles, no order is left.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
LEAST = 1000
MORE = 0.1  # by chance, the share at any distance is within 0.06 of the mean one for a thousand labels or more
CLASSES = 10
MOST_PLACES = 256
LEAST_BATCHES = 200
# How much the labels at two places of a batch say about each other, as chi-square per batch beyond that by chance: 9 where
# one gives the other. In MNIST's own order neighbours reach 0.5, and all pairs of a batch of 8 have a mean of 0.09; where
# each batch holds five classes, the mean is 0.11.
MOST_OF_A_PAIR = 1.0
MOST_OF_ALL = 0.1
LEAST_PAIRS = 28
# Beyond this an order isn't one by chance: about five standard deviations of the mean, or of the largest of all pairs.
CHANCE = 0.02
CHANCE_OF_A_PAIR = 100
CHANCE_OF_ALL = 60


def tells(labels: Array, batch: int = 32) -> bool:
    """Whether labels at some distance, or at two places of a batch, say far more about each other than by chance.

    Args:
        labels: classes 0 to 9, of shape (n,); of few nothing is said.
        batch: examples per batch.

    >>> tells(np.repeat(np.arange(10), 200)), tells(np.tile(np.arange(10), 200))
    (True, True)
    >>> tells(np.random.default_rng(0).integers(0, 10, 2000))
    False
    >>> code = np.random.default_rng(1).integers(0, 10, (300, 1)) + np.random.default_rng(2).integers(0, 10, 32)
    >>> tells(code.ravel() % 10)
    True
    """
    if len(labels) < LEAST:
        return False
    pairs, _ = _pairs(labels, batch)
    coded = len(pairs) and (pairs.max() > MOST_OF_A_PAIR or (len(pairs) >= LEAST_PAIRS and pairs.mean() > MOST_OF_ALL))
    return bool(coded) or _repeats(labels)


def is_patterned(labels: Array, batch: int = 32) -> bool:
    """Whether the labels within a batch say anything about each other; of few batches nothing is said."""
    pairs, count = _pairs(labels, batch)
    if not len(pairs):
        return False
    largest = pairs.max() > CHANCE + CHANCE_OF_A_PAIR / count
    return bool(largest or pairs.mean() > CHANCE + CHANCE_OF_ALL / (count * np.sqrt(len(pairs))))


def _pairs(labels: Array, batch: int) -> tuple[Array, int]:
    """How much the labels at each two places of a batch say about each other, and in how many batches."""
    count = len(labels) // batch
    if count < LEAST_BATCHES or batch < 2:
        return np.zeros(0), count
    places = np.unique(np.linspace(0, batch - 1, min(batch, MOST_PLACES)).astype(int))
    hot = np.eye(CLASSES)[labels[: count * batch].reshape(count, batch)[:, places]]
    share = np.maximum(hot.mean(axis=0), 1 / count)
    table = (hot - hot.mean(axis=0)).reshape(count, -1) / np.sqrt(count)
    both = (table.T @ table).reshape(len(places), CLASSES, len(places), CLASSES) ** 2
    each = (both / (share[:, :, None, None] * share)).sum(axis=(1, 3)) - (CLASSES - 1) ** 2 / count
    return each[np.triu_indices(len(places), 1)], count


def _repeats(labels: Array) -> bool:
    """Whether at some distance far more labels than by chance are alike."""
    count = len(labels)
    spectrum = np.fft.rfft(np.eye(CLASSES)[labels], 2 * count, axis=0)
    alike = np.fft.irfft((abs(spectrum) ** 2).sum(axis=1))[1 : count // 2]
    alike /= np.arange(count - 1, count - count // 2, -1)
    chance = ((np.bincount(labels) / count) ** 2).sum()
    return bool(alike.max() > chance + MORE)
