"""A student's pipeline of several inputs, fed to a model that has them by name or in their order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from grader.protocol.arrays import OrderedSpec

pytestmark = pytest.mark.keras


def build_passes(names: list[str] | None) -> Any:
    from grader.trainer.training.feeding import OrderArrays, PipelinePasses

    arrays = [np.zeros((6, 2), "float32"), np.ones(6, "float32"), np.arange(6, dtype="float32")]
    specs = [OrderedSpec(role=role, shape=each.shape, dtype="float32") for role, each in zip(("x", "x", "y"), arrays, strict=True)]
    order: Any = SimpleNamespace(x_names=names, fit=SimpleNamespace(batches=[4, 2]))
    return PipelinePasses(order, OrderArrays(specs, arrays), lambda: None)


@pytest.mark.parametrize("names", [None, ["a", "b"]])
def test_a_pipeline_of_several_inputs_trains(names: list[str] | None) -> None:
    """The second one, of single numbers, is a column of a table as `tf.data` gives it."""
    import keras

    inputs = [keras.Input((2,), name="a"), keras.Input((1,), name="b")]
    outputs = keras.layers.Dense(1)(keras.layers.Concatenate()(inputs))
    model = keras.Model(dict(zip(names, inputs, strict=True)) if names else inputs, outputs)
    model.compile("sgd", "mse")

    history = model.fit(build_passes(names), epochs=1, shuffle=False, verbose=0)

    assert np.isfinite(history.history["loss"]).all()
