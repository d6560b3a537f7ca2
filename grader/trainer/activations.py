"""Compares the outputs of a trained model's convolutions and poolings with those that a student's function gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from grader.data import Dataset, supplied_model
from grader.protocol.wire import Compare, Compared
from grader.records.run import LayerActivations
from grader.trainer.training.feeding import Array

COMPARED_KINDS = ("Conv", "Pooling")
MAP_DECIMALS = 4
MAX_MAP_VALUE = 1e6
MIN_MAP_SPREAD = 0.01  # ten times what may be off; maps that are all alike can be given without a look at the model


class ModelNotComparable(Exception):
    """The model isn't the grader's own, or its outputs are alike everywhere and so prove nothing."""


def compare_activations(model: Any, dataset: Dataset, asked: Compare, given: Sequence[Array]) -> Compared:
    """Every convolution and pooling in the model's order, with the array that was given in its place.

    Args:
        model: a sequence of layers, trained.
        given: in the order in which they came; shapes (images, height, width, channels) are asked for.

    Raises:
        ModelNotComparable: a layer has other settings than the grader's own one, or puts out the same number everywhere.
    """
    if _list_layer_settings(model) != _list_layer_settings(supplied_model.build_supplied_model()):
        raise ModelNotComparable("the model's layers have other settings than the grader's own")
    layers = [layer for layer in model.layers if any(kind in type(layer).__name__ for kind in COMPARED_KINDS)]
    images = dataset.x_test[asked.images][..., np.newaxis] / asked.scale
    # One model with all outputs, so that the images pass through the layers once.
    own = keras.Model(model.inputs, [layer.output for layer in layers]).predict_on_batch(images.astype("float32"))
    if not all(_has_varied_maps(np.asarray(maps)) for maps in own):
        raise ModelNotComparable("a layer of the model puts out the same number everywhere")
    return Compared(
        layers=[
            _compare_layer(layer, np.asarray(expected), given[place] if place < len(given) else None, asked.channel)
            for place, (layer, expected) in enumerate(zip(layers, own, strict=True))
        ],
        images=asked.images,
        channel=asked.channel,
    )


def _list_layer_settings(model: Any) -> list[Any]:
    """Each layer's configuration, without the precision, which a file may set for all of Keras."""
    configs = [layer.get_config() for layer in model.layers]
    return [{key: value for key, value in config.items() if key != "dtype"} for config in configs]


def _has_varied_maps(maps: Array) -> bool:
    """Whether the numbers of at least one channel differ from place to place, or from image to image."""
    return bool(np.ptp(maps.astype("float64"), axis=(0, 1, 2)).max() > MIN_MAP_SPREAD)


def _compare_layer(layer: Any, expected: Array, got: Array | None, channel: int) -> LayerActivations:
    difference, given = None, []
    if got is not None and got.shape == expected.shape:
        with np.errstate(invalid="ignore", over="ignore"):
            largest = float(np.abs(got.astype("float64") - expected).max())
        difference = largest if np.isfinite(largest) else float("inf")
        given = _round_finite_values(got[..., channel])
    return LayerActivations(
        layer=layer.name,
        kind=type(layer).__name__,
        shape=list(expected.shape),
        got=None if got is None else list(got.shape),
        difference=difference,
        maps=np.round(expected[..., channel].astype("float64"), MAP_DECIMALS).tolist(),
        given=given,
    )


def _round_finite_values(maps: Array) -> list[Any]:
    """A function's numbers, rounded, at most 1,000,000 from zero, and None for what is none."""
    values = maps.astype("float64")
    shown = np.clip(values, -MAX_MAP_VALUE, MAX_MAP_VALUE).round(MAP_DECIMALS).astype(object)
    shown[~np.isfinite(values)] = None
    return list(shown.tolist())
