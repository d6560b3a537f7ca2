"""Which numbers of a model's description count towards the one budget."""

from __future__ import annotations

from typing import Any

import pytest

from grader.trainer.order.numbers import Told, count_numbers, find_statistics


def layer(kind: str, *calls: Any, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    return {
        "module": module,
        "class_name": kind,
        "config": config,
        "inbound_nodes": [{"args": call, "kwargs": {}} for call in calls],
    }


TENSOR = {
    "class_name": "__keras_tensor__",
    "config": {"shape": [None, 28], "dtype": "float32", "keras_history": ["i", 0, 0]},
}
ARRAY = {"class_name": "__tensor__", "config": {"value": [0.0, 1.0, 2.0], "dtype": "float32"}}
SLICE = {"class_name": "__slice__", "config": {"start": 3, "stop": 4, "step": None}}


def drawn(kind: str, **config: Any) -> dict[str, Any]:
    return layer("Dense", kernel_initializer={"module": "keras.initializers", "class_name": kind, "config": config})


@pytest.mark.parametrize(
    ("found", "acting"),
    [
        (layer("Rescaling", scale=0.5, offset=0.0), 1),
        (layer("Rescaling", scale=[0.0, 1.0], offset=2), 3),
        (layer("Dense", units=512, trainable=True, activation="relu"), 0),
        (layer("Conv2D", filters=32, kernel_size=[3, 3], strides=[1, 1]), 0),
        (layer("BatchNormalization", axis=-1, momentum=0.99, renorm_momentum=0.9, epsilon=0.001), 0),
        (layer("BatchNormalization", epsilon=15.0), 1),
        (drawn("GlorotUniform", seed=7), 0),
        (drawn("Constant", value=0.3), 1),
        (drawn("RandomNormal", mean=0.0, stddev=0.02), 0),
        (drawn("RandomNormal", mean=0.4, stddev=1e-9), 2),
        (drawn("RandomUniform", minval=-0.05, maxval=0.05), 0),
        (drawn("RandomUniform", minval=0.4, maxval=0.41), 2),
        (drawn("Orthogonal", gain=0.7), 1),
        (layer("Dense", kernel_regularizer={"class_name": "L2", "config": {"l2": 0.01}}), 0),
        (layer("Dense", kernel_constraint={"class_name": "MaxNorm", "config": {"max_value": 3, "axis": 0}}), 1),
        (layer("Dense", activation=layer("LeakyReLU", negative_slope=0.2)), 1),
        (layer("Normalization", mean=[0.1] * 8, variance=[2.0] * 8), 16),
        (layer("TimeDistributed", layer=layer("Rescaling", scale=0.5)), 1),
    ],
)
def test_numbers_that_act_on_data(found: dict[str, Any], acting: int) -> None:
    """Alone and in lists, in layers and in what they hold; sizes, axes and seeds are free."""
    model = layer("Sequential", layers=[found, layer("Sequential", layers=[found])])

    assert count_numbers(model).acting == 2 * acting


def regularised(kind: str, **factors: float) -> dict[str, Any]:
    return layer("Dense", kernel_regularizer={"class_name": kind, "config": factors})


@pytest.mark.parametrize(
    ("same", "other"),
    [
        (drawn("GlorotUniform", seed=7), drawn("GlorotUniform", seed=8)),
        (drawn("RandomNormal", mean=0.0, stddev=0.1, seed=7), drawn("RandomNormal", mean=0.0, stddev=0.1, seed=8)),
        (drawn("RandomNormal", mean=0.0, stddev=0.1, seed=7), drawn("RandomNormal", mean=0.0, stddev=0.2, seed=7)),
        (drawn("RandomUniform", minval=-0.1, maxval=0.1), drawn("RandomUniform", minval=-0.2, maxval=0.2)),
        (drawn("VarianceScaling", scale=2.0, mode="fan_in"), drawn("VarianceScaling", scale=0.1, mode="fan_in")),
        (layer("Dropout", rate=0.5, seed=1), layer("Dropout", rate=0.2, seed=1)),
        (layer("LSTM", dropout=0.1, recurrent_dropout=0.1), layer("LSTM", dropout=0.1, recurrent_dropout=0.3)),
        (layer("BatchNormalization", momentum=0.9), layer("BatchNormalization", momentum=0.99)),
        (layer("BatchNormalization", epsilon=0.001), layer("BatchNormalization", epsilon=0.002)),
        (regularised("L2", l2=0.01), regularised("L2", l2=-0.3)),
        (regularised("L1L2", l1=0.0, l2=0.01), regularised("L1L2", l1=0.0, l2=0.02)),
    ],
)
def test_figures_that_differ_from_layer_to_layer_act(same: dict[str, Any], other: dict[str, Any]) -> None:
    """The same ones everywhere say nothing; a training could add up what different ones do."""
    assert count_numbers(layer("Sequential", layers=[same] * 90)).acting == 0
    assert count_numbers(layer("Sequential", layers=[*[same] * 90, *[other] * 7])).acting == 7


def test_two_kinds_of_figures_are_compared_each_with_its_own() -> None:
    """A seed isn't a momentum, and one regularizer isn't another."""
    kinds = [drawn("HeNormal", seed=3), layer("BatchNormalization", momentum=0.9), regularised("L1", l1=0.1)]
    model = layer("Sequential", layers=[*kinds, regularised("L2", l2=0.2), drawn("HeNormal", seed=None)])

    assert count_numbers(model) == Told(acting=0, selecting=0)


def test_constants_of_operations_act_and_indices_select() -> None:
    """And each operation counts as one, since weights can be wired of them."""
    times = layer("Multiply", [TENSOR, 0.5], [TENSOR, ARRAY], module="keras.src.ops.numpy")
    picked = layer("GetItem", [TENSOR, [SLICE]], module="keras.src.ops.numpy")

    assert count_numbers(layer("Functional", layers=[times, picked])) == Told(acting=4, selecting=5)


def test_layers_that_move_and_select_are_counted() -> None:
    """Weights can be wired of them without an operation or a number."""
    moving = [layer("RepeatVector", n=7), layer("Reshape", target_shape=[7, 4]), drawn("Identity", gain=1.0)]

    assert count_numbers(layer("Sequential", layers=[*moving, drawn("Zeros")])) == Told(acting=0, selecting=3)


def test_statistics_of_many_channels_are_a_kind_of_their_own() -> None:
    """The images themselves tell them; wherever the layer is."""
    norm = layer("Normalization", mean=[[0.1] * 3] * 3, variance=[[2.0] * 3] * 3)
    model = layer("Sequential", layers=[layer("TimeDistributed", layer=norm)])

    assert count_numbers(model) == Told(acting=0, selecting=0, statistics=18)
    assert list(find_statistics(model)) == [([0.1] * 9, [2.0] * 9)]
