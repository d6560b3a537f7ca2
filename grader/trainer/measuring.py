"""What a trained model really achieves: accuracies recomputed on the canonical splits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.data import Dataset
from grader.trainer.feeding import Array
from grader.wire import Measured

CHUNK = 2000


def measure(model: Any, dataset: Dataset, transform: Callable[[Array], Array]) -> Measured:
    """Accuracy (argmax against the canonical label) on both splits.

    Args:
        transform: the preprocessing that the ordered arrays show, uint8 (n, 28, 28) -> float32 (n, …).

    Raises:
        ValueError: the model doesn't give one score per class.
    """
    return Measured(
        train_accuracy=_accuracy(model, dataset.x_train, dataset.y_train, transform),
        test_accuracy=_accuracy(model, dataset.x_test, dataset.y_test, transform),
    )


def _accuracy(model: Any, images: Array, labels: Array, transform: Callable[[Array], Array]) -> float:
    right = 0
    for start in range(0, len(images), CHUNK):
        scores = np.asarray(model.predict_on_batch(transform(images[start : start + CHUNK])))
        if scores.ndim != 2 or scores.shape[1] < 10:
            raise ValueError(f"the model's output has the shape {scores.shape}; one score per class is needed")
        right += int((scores.argmax(axis=1) == labels[start : start + CHUNK]).sum())
    return right / len(images)
