"""What the convolutions and poolings of a trained model put out, compared with what a student's function says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from grader.data import Dataset
from grader.run import LayerMaps
from grader.trainer.feeding import Array
from grader.wire import Compare, Compared

SHOWN = ("Conv", "Pooling")
DIGITS = 4
LARGEST = 1e6


def compare(model: Any, dataset: Dataset, asked: Compare, given: Sequence[Array]) -> Compared:
    """Every convolution and pooling in the model's order, with the array that was given in its place.

    Args:
        model: a sequence of layers, trained.
        given: in the order in which they came; shapes (images, height, width, channels) are asked for.
    """
    layers = [layer for layer in model.layers if any(kind in type(layer).__name__ for kind in SHOWN)]
    images = dataset.x_test[asked.images][..., np.newaxis] / asked.scale
    own = keras.Model(model.inputs, [layer.output for layer in layers]).predict_on_batch(images.astype("float32"))
    return Compared(
        layers=[
            _layer(layer, np.asarray(expected), given[place] if place < len(given) else None, asked.channel)
            for place, (layer, expected) in enumerate(zip(layers, own, strict=True))
        ],
        images=asked.images,
        channel=asked.channel,
    )


def _layer(layer: Any, expected: Array, got: Array | None, channel: int) -> LayerMaps:
    difference, given = None, []
    if got is not None and got.shape == expected.shape:
        with np.errstate(invalid="ignore", over="ignore"):
            largest = float(np.abs(got.astype("float64") - expected).max())
        difference = largest if np.isfinite(largest) else float("inf")
        given = _finite(got[..., channel])
    return LayerMaps(
        layer=layer.name,
        kind=type(layer).__name__,
        shape=list(expected.shape),
        got=None if got is None else list(got.shape),
        difference=difference,
        maps=np.round(expected[..., channel].astype("float64"), DIGITS).tolist(),
        given=given,
    )


def _finite(maps: Array) -> list[Any]:
    """A function's numbers, rounded, at most 1,000,000 from zero, and None for what is none."""
    values = maps.astype("float64")
    shown = np.clip(values, -LARGEST, LARGEST).round(DIGITS).astype(object)
    shown[~np.isfinite(values)] = None
    return list(shown.tolist())
