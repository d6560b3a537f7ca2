"""Whether the order of the examples tells their labels: sorted, in blocks of one class, or class by class in turn.

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


def tells(labels: Array) -> bool:
    """Whether at some distance far more labels than by chance are alike.

    Args:
        labels: classes 0 to 9, of shape (n,); of few nothing is said.

    >>> tells(np.repeat(np.arange(10), 200)), tells(np.tile(np.arange(10), 200))
    (True, True)
    >>> tells(np.random.default_rng(0).integers(0, 10, 2000))
    False
    """
    count = len(labels)
    if count < LEAST:
        return False
    spectrum = np.fft.rfft(np.eye(10)[labels], 2 * count, axis=0)
    alike = np.fft.irfft((abs(spectrum) ** 2).sum(axis=1))[1 : count // 2]
    alike /= np.arange(count - 1, count - count // 2, -1)
    chance = ((np.bincount(labels) / count) ** 2).sum()
    return bool(alike.max() > chance + MORE)
