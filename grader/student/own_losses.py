"""Recognises one of Keras's losses in a function or class of the student's that computes the same, by trying both."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

EXAMPLES = 16
SAME = 1e-5  # what rounding may change of a figure, relative to it
KINDS: Mapping[str, Callable[[], Any]] = MappingProxyType({
    "SparseCategoricalCrossentropy()": keras.losses.SparseCategoricalCrossentropy,
    "SparseCategoricalCrossentropy(from_logits=True)": functools.partial(keras.losses.SparseCategoricalCrossentropy, from_logits=True),
    "CategoricalCrossentropy()": keras.losses.CategoricalCrossentropy,
    "CategoricalCrossentropy(from_logits=True)": functools.partial(keras.losses.CategoricalCrossentropy, from_logits=True),
    "BinaryCrossentropy()": keras.losses.BinaryCrossentropy,
    "BinaryCrossentropy(from_logits=True)": functools.partial(keras.losses.BinaryCrossentropy, from_logits=True),
    "MeanSquaredError()": keras.losses.MeanSquaredError,
    "MeanAbsoluteError()": keras.losses.MeanAbsoluteError,
    "MeanAbsolutePercentageError()": keras.losses.MeanAbsolutePercentageError,
    "MeanSquaredLogarithmicError()": keras.losses.MeanSquaredLogarithmicError,
    "Huber()": keras.losses.Huber,
    "LogCosh()": keras.losses.LogCosh,
    "KLDivergence()": keras.losses.KLDivergence,
    "Poisson()": keras.losses.Poisson,
})  # fmt: skip


def find_same_loss(given: Any, width: int) -> tuple[str, Any] | None:
    """How Keras's loss is written that is the same as the student's, and that loss; None where there is none.

    Nothing hangs on the answer but which of Keras's losses is ordered, so that a loss that behaves otherwise in a
    training than here gains nothing.

    Args:
        given: a function or a loss object of the student's.
        width: how many numbers the model gives for an example.
    """
    # As `compile` wraps it, which converts what it is given and takes the mean over the batch.
    own = given if isinstance(given, keras.losses.Loss) else keras.src.losses.losses.LossFunctionWrapper(given)
    # Written by hand it may be no number where Keras's keeps to an edge, on outputs that the model never gives.
    asked = [(pair, value) for pair in _draw_pairs(width) if (value := _compute(own, pair)) is not None and math.isfinite(value)]
    # Of one output alone a distribution over classes can't be wrong.
    kinds = {written: make() for written, make in KINDS.items() if width > 1 or "Categorical" not in written}
    for written, kind in kinds.items():
        if any(value for _, value in asked) and all(_is_same(value, _compute(kind, pair)) for pair, value in asked):
            return written, kind
    return None


def _draw_pairs(width: int) -> Iterator[tuple[Any, Any]]:
    """Labels of every form beside outputs: probabilities, and numbers of any size."""
    random = np.random.default_rng(1)
    classes = random.integers(0, max(width, 2), EXAMPLES)
    scores = (3 * random.standard_normal((EXAMPLES, width))).astype("float32")
    # One output alone is a probability by itself, several are so together.
    powers = np.exp(scores)
    shares = powers / (powers.sum(axis=1, keepdims=True) if width > 1 else 1 + powers)
    targets = [classes[:, None]] if width == 1 else [classes, np.eye(width, dtype="float32")[classes]]
    for labels in (*targets, random.standard_normal((EXAMPLES, width)).astype("float32")):
        for outputs in (shares, scores):
            yield labels, outputs


def _compute(loss: Any, pair: tuple[Any, Any]) -> float | None:
    """A loss's figure; None where it takes no such labels."""
    # The student's code may raise whatever it likes; so may Keras's on labels that aren't meant for it.
    try:
        value = float(keras.ops.convert_to_numpy(loss(*pair)))
    except Exception:
        return None
    return value


def _is_same(own: float, other: float | None) -> bool:
    return other is not None and math.isclose(own, other, rel_tol=SAME, abs_tol=SAME)
