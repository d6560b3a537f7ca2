"""Losses of outputs that are 0 or 1 on JAX; run by test_trainer_on_jax.py in a process with that backend."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from grader.trainer.training import jax_training

jax_training.install_logit_losses()

ROWS = 8
LARGE = 300.0  # as pixels from 0 to 255 make them; float32 has no probability below 1e-45, which is e to the -103
X = np.random.default_rng(7).normal(0, LARGE, (ROWS, 4)).astype("float32")
Y = np.arange(ROWS, dtype="int32") % 4  # JAX warns of int64


def loss_of(activation, loss, y, *more):
    """What `fit` tells of one epoch, in one batch and from known weights, and what one step has made of them."""
    model = keras.Sequential([layers.Input((4,)), layers.Dense(4, activation, kernel_initializer="identity"), *more])
    model.compile(keras.optimizers.SGD(1.0), loss)
    history = model.fit(X, y, batch_size=ROWS, epochs=1, verbose=0)
    return history.history["loss"][0], model.get_weights()[1]


def log_softmax():
    wide = X.astype("float64")
    shifted = wide - wide.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_a_softmax_that_gives_0_still_learns(loss):
    """The loss is the one of the numbers before it, and so is the step: the share of each class, less 1 for the right one."""
    y = Y if loss.startswith("sparse") else np.eye(4, dtype="float32")[Y]
    expected = -log_softmax()[np.arange(ROWS), Y].mean()
    step = -(np.exp(log_softmax()) - np.eye(4)[Y]).mean(axis=0)

    found, bias = loss_of("softmax", loss, y)

    assert expected > 100
    assert found == pytest.approx(expected, rel=1e-5)
    assert bias == pytest.approx(step, abs=1e-5)


def test_a_sigmoid_that_gives_0_still_learns():
    """The same of a yes or no for each of four."""
    y = np.eye(4, dtype="float32")[Y]
    wide = X.astype("float64")
    expected = (np.logaddexp(0, wide) - y * wide).mean()

    found, bias = loss_of("sigmoid", "binary_crossentropy", y)

    assert expected > 50
    assert found == pytest.approx(expected, rel=1e-5)
    assert np.abs(bias).max() > 0.01


def test_what_comes_after_a_softmax_is_taken_as_it_is():
    """Another layer's output is no softmax's: its loss is bounded by Keras's smallest probability."""
    found, _ = loss_of("softmax", "sparse_categorical_crossentropy", Y, layers.ReLU())

    assert found < 17


def test_nothing_is_kept_of_what_has_gone():
    """The inputs go with the outputs."""
    inputs = jax_training.ActivationInputs()
    double = inputs.record_inputs(lambda x: x * 2)
    outputs = [double(keras.ops.ones(3)) for _ in range(3)]
    kept = len(inputs._of)
    outputs.clear()

    assert (kept, len(inputs._of)) == (3, 0)
