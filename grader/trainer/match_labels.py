"""Labels as they were ordered: whole numbers in any type and shape, or one-hot rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
NONE = -1
CLASSES = 10


def whole_labels(y: Array, count: int) -> tuple[Array, str]:
    """The labels as int64 of shape (count,), -1 where one isn't a class, and what is odd about them in words.

    Args:
        y: of shape (n,), (n, 1) or one-hot (n, classes).
        count: how many labels there should be; where `y` is shorter, the rest has none.
    """
    labels = np.full(count, NONE, np.int64)
    rows = min(len(y), count) if y.ndim else 0
    width = int(np.prod(y.shape[1:])) if y.ndim else 0
    if rows == 0 or width == 0:
        return labels, "no labels"
    flat = y[:rows].reshape(rows, width)
    if width == 1:
        return _numbers(flat[:, 0], labels)
    if width <= 4 * CLASSES:
        return _one_hot(flat, labels)
    return labels, f"labels of the shape {y.shape[1:]}"


def _numbers(values: Array, labels: Array) -> tuple[Array, str]:
    values = values.astype(np.float64)
    labels[: len(values)] = _classes(values)
    if (labels[: len(values)] >= 0).mean() > 0.5:
        return labels, ""
    for divisor in (255, 10, 9):
        if (_classes(values * divisor, 1e-3) >= 0).all():
            return labels, f"labels / {divisor}"
    return labels, "labels that are not whole numbers from 0 to 9"


def _classes(values: Array, tolerance: float = 0.0) -> Array:
    """Each value as a class from 0 to 9, or -1."""
    near = np.rint(np.where(np.isfinite(values), values, NONE))
    sound = (np.abs(values - near) <= tolerance) & (near >= 0) & (near < CLASSES)
    return np.where(sound, near, NONE).astype(np.int64)


def _one_hot(rows: Array, labels: Array) -> tuple[Array, str]:
    hot = rows.argmax(axis=1)
    sound = (rows == np.eye(rows.shape[1], dtype=rows.dtype)[hot]).all(axis=1) & (hot < CLASSES)
    labels[: len(rows)] = np.where(sound, hot, NONE)
    return labels, "one-hot labels" if sound.any() else f"labels of the shape {rows.shape[1:]} that are not one-hot"
