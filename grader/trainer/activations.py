"""What the convolutions and poolings of a trained model put out, compared with what a student's function says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from grader import supplied
from grader.data import Dataset
from grader.run import LayerMaps
from grader.trainer.feeding import Array
from grader.wire import Compare, Compared

SHOWN = ("Conv", "Pooling")
DIGITS = 4
LARGEST = 1e6
LEAST_SPREAD = 0.01  # ten times what may be off; maps that are all alike can be given without a look at the model


class NotOwn(Exception):
    """The model isn't the grader's own, or tells nothing: anybody knows what it puts out."""


def compare(model: Any, dataset: Dataset, asked: Compare, given: Sequence[Array]) -> Compared:
    """Every convolution and pooling in the model's order, with the array that was given in its place.

    Args:
        model: a sequence of layers, trained.
        given: in the order in which they came; shapes (images, height, width, channels) are asked for.

    Raises:
        NotOwn: a layer has other settings than the grader's own one, or puts out the same number everywhere.
    """
    if _settings(model) != _settings(supplied.model()):
        raise NotOwn("the model's layers have other settings than the grader's own")
    layers = [layer for layer in model.layers if any(kind in type(layer).__name__ for kind in SHOWN)]
    images = dataset.x_test[asked.images][..., np.newaxis] / asked.scale
    own = keras.Model(model.inputs, [layer.output for layer in layers]).predict_on_batch(images.astype("float32"))
    if not all(_alive(np.asarray(maps)) for maps in own):
        raise NotOwn("a layer of the model puts out the same number everywhere")
    return Compared(
        layers=[
            _layer(layer, np.asarray(expected), given[place] if place < len(given) else None, asked.channel)
            for place, (layer, expected) in enumerate(zip(layers, own, strict=True))
        ],
        images=asked.images,
        channel=asked.channel,
    )


def _settings(model: Any) -> list[Any]:
    """Each layer's configuration, without the precision, which a file may set for all of Keras."""
    configs = [layer.get_config() for layer in model.layers]
    return [{key: value for key, value in config.items() if key != "dtype"} for config in configs]


def _alive(maps: Array) -> bool:
    """Whether the numbers of at least one channel differ from place to place, or from image to image."""
    return bool(np.ptp(maps.astype("float64"), axis=(0, 1, 2)).max() > LEAST_SPREAD)


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
