"""Layers that make no difference in a trained model, however that is brought about."""

from __future__ import annotations

from typing import Any

import pytest

keras = pytest.importorskip("keras")

import numpy as np  # noqa: E402
from keras import Input, layers  # noqa: E402

from grader.records.run import Architecture, ModelLayer  # noqa: E402
from grader.trainer.training.measuring import MAX_LAYERS, find_layers_without_effect  # noqa: E402

pytestmark = pytest.mark.keras
IMAGES = np.random.default_rng(0).random((8, 12, 12, 1), np.float32)


def model(hide: Any) -> Any:
    inputs = Input((12, 12, 1))
    side = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3, name="conv")(inputs))
    joined = layers.concatenate([layers.Flatten()(inputs), hide(side)])
    return keras.Model(inputs, layers.Dense(10, activation="softmax", name="dense")(joined))


def declared(made: Any) -> Architecture:
    kinds = [layer for layer in made.layers if layer.weights]
    found = [ModelLayer(kind=type(layer).__name__, name=layer.name, parameters=layer.count_params()) for layer in kinds]
    return Architecture(layers=found, parameters=made.count_params())


HIDDEN = {
    "a maximum far above": lambda x: keras.ops.maximum(x, 1e30),
    "sliced away": lambda x: layers.concatenate([x[:, :0], layers.Rescaling(0.0)(x)]),
    "normed alone": lambda x: layers.LayerNormalization(center=False, scale=False)(layers.Dense(1, name="only")(x)),
    "ten small steps": lambda x: (x * 1e-5) * 1e-5 * 1e-5 * 1e-5,
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_makes_no_difference_is_found(name: str) -> None:
    """The walk over the graph may take these for layers like any other."""
    made = model(HIDDEN[name])
    before = made.get_weights()

    assert "conv" in find_layers_without_effect(made, declared(made), IMAGES)
    assert all(np.array_equal(one, other) for one, other in zip(before, made.get_weights(), strict=True))


def test_what_makes_a_difference_is_not_idle() -> None:
    """However little of it: a layer behind a small factor still changes the last bits."""
    made = model(lambda x: layers.BatchNormalization()(x * 0.01))

    assert find_layers_without_effect(made, declared(made), IMAGES) == []


def test_a_name_that_is_there_twice_hides_nothing() -> None:
    """A nested model may have a layer of the same name, which makes a difference."""
    inputs = Input((12, 12, 1))
    outer = model(HIDDEN["a maximum far above"])
    inner = keras.Sequential([Input((10,)), layers.Dense(10, name="conv")])
    made = keras.Model(inputs, inner(outer(inputs)))
    twin = ModelLayer(kind="Dense", name="conv", parameters=110)

    assert find_layers_without_effect(
        made, Architecture(layers=[twin, *declared(outer).layers], parameters=1), IMAGES
    ) == ["conv"]


def test_convolutions_are_looked_at_first() -> None:
    """However many other layers stand before them."""
    made = model(HIDDEN["a maximum far above"])
    others = [ModelLayer(kind="Dense", name=f"dense_{number}", parameters=1) for number in range(MAX_LAYERS)]

    assert find_layers_without_effect(
        made, Architecture(layers=[*others, *declared(made).layers], parameters=1), IMAGES
    ) == ["conv"]
