"""How far a trained model's predictions are from a table's numbers, on each of its splits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.data import Dataset, HeldOutSplit
from grader.protocol.wire import Measured
from grader.records.run import Errors
from grader.trainer.training.feeding import Array
from grader.trainer.training.measuring import predict_scores

# JSON has no infinity, and a model that diverged is beyond any line.
MAX_ERROR = 1e300


def measure_errors(
    model: Any, dataset: Dataset, transform: Callable[[Array], Array], count: int, held_out: HeldOutSplit | None
) -> Measured:
    """The errors on all splits.

    Args:
        transform: the preprocessing that the ordered arrays show, from rows of the table to float32 (n, …).
        count: rows at a time.
        held_out: the secret split, where the course has one.

    Raises:
        ValueError: the model doesn't give one number for a row.
    """
    splits = {"train": (dataset.x_train, dataset.y_train), "test": (dataset.x_test, dataset.y_test)}
    if held_out is not None:
        splits["held_out"] = (held_out.images, held_out.labels)
    errors = {split: _measure_split(model, rows, labels, transform, count) for split, (rows, labels) in splits.items()}
    return Measured(train_accuracy=0.0, test_accuracy=0.0, errors=errors)


def _measure_split(model: Any, rows: Array, labels: Array, transform: Callable[[Array], Array], count: int) -> Errors:
    parts = []
    for start in range(0, len(rows), count):
        said = predict_scores(model, transform(rows[start : start + count]))
        if said.size != len(said):
            raise ValueError(f"the model's output has the shape {said.shape}; one number for each row is needed")
        parts.append(said.reshape(-1).astype(np.float64))
    away = np.abs(np.concatenate(parts) - labels)
    return Errors(mae=_limit(float(away.mean())), mse=_limit(float((away**2).mean())))


def _limit(error: float) -> float:
    return min(error, MAX_ERROR) if math.isfinite(error) else MAX_ERROR
