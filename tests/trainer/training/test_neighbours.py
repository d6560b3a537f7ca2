"""A model is tried for answers that depend on other examples of the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import Input, layers, ops  # noqa: E402

from grader.trainer.training.neighbours import mixes_examples  # noqa: E402

pytestmark = pytest.mark.keras
IMAGES = np.random.default_rng(0).random((64, 28, 28)).astype("float32")


def model(body: Any) -> Any:
    keras.utils.set_random_seed(7)
    inputs = Input((28, 28))
    return keras.Model(inputs, body(layers.Dense(10)(layers.Flatten()(inputs))))


HONEST = {
    "plain": layers.Softmax(),
    "logits of any size": lambda h: h * 1e6,
    "dropout and batch normalisation": lambda h: layers.BatchNormalization()(layers.Dropout(0.5)(h)),
    "not a number": lambda h: ops.log(h),
}


@pytest.mark.parametrize("how", HONEST)
def test_an_answer_of_its_own(how: str) -> None:
    """Rounding, scale and layers that act in training alone are no dependence."""
    assert not mixes_examples(model(HONEST[how]), IMAGES)


MIXING = {
    "mean": lambda h: layers.Softmax()(h + 20 * ops.mean(h, axis=0, keepdims=True)),
    "turned": lambda h: h + ops.flip(h, axis=0),
    "place": lambda h: h + ops.reshape(ops.cumsum(ops.ones_like(h[:, 0])), (-1, 1)),
}


@pytest.mark.parametrize("how", MIXING)
def test_an_answer_that_others_change(how: str) -> None:
    """Neighbours count, and so does the place in the batch."""
    assert mixes_examples(model(MIXING[how]), IMAGES)


def test_a_gate_that_opens_in_the_training() -> None:
    """What is multiplied by zero at first shows once it isn't; the model is as it was afterwards."""
    gated = model(lambda h: h + layers.Dense(10, kernel_initializer="zeros", name="gate")(ops.mean(h, 0, keepdims=True)))
    before = mixes_examples(gated, IMAGES)
    gated.get_layer("gate").set_weights([np.full((10, 10), 3.0), np.zeros(10)])

    assert (before, mixes_examples(gated, IMAGES)) == (False, True)
