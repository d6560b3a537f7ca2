"""A device without memory while a model is looked at, built or tried: the machine's failure, never the order's."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("tensorflow")

import keras
import tensorflow as tf
from keras_samples import dense

from grader.protocol.wire import Fault
from grader.trainer.exhaustion import is_out_of_memory, raise_if_exhausted
from grader.trainer.order import batch_axis, rebuild
from grader.trainer.submission_trainer import SubmissionTrainer
from grader.trainer.training import neighbours, replay

pytestmark = pytest.mark.keras
ERRORS = tf.errors
# What TensorFlow raises in a process beside one that holds the whole card.
FULL = [
    ERRORS.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[784,512]"),
    ERRORS.InternalError(None, None, "cudaSetDevice() on GPU:0 failed. Status: out of memory"),
    ERRORS.InternalError(None, None, "Failed copying input tensor from CPU:0 to GPU:0: Dst tensor is not initialized."),
    ERRORS.InternalError(None, None, "Attempting to perform BLAS operation using StreamExecutor without BLAS support"),
    ERRORS.UnknownError(None, None, "This is probably because cuDNN failed to initialize"),
]
OTHER = ERRORS.InternalError(None, None, "Blas xGEMM launch failed")


def declare():
    model = dense()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.to_json(), model.get_compile_config()


def fail_in(monkeypatch, owner, name, error):
    def fail(self, inputs=None, *given, **named):
        raise error

    monkeypatch.setattr(owner, name, fail)


@pytest.mark.parametrize("error", FULL)
@pytest.mark.parametrize("part", ["look", "build", "try"])
def test_a_full_card_is_not_told_as_the_orders(monkeypatch, error, part):
    """Whatever it breaks: the look at the model, its weights, or the first step of a layer, whose error Keras wraps."""
    architecture, settings = declare()
    steps = {
        "look": lambda: rebuild.inspect_order(architecture, settings, [(60, 28, 28)], 10**9),
        "build": lambda: rebuild.build_model(architecture, settings),
        "try": lambda: neighbours.refuse_mixing_layers(json.loads(architecture), np.zeros((8, 28, 28), "float32")),
    }
    places = {"look": (keras.Model, "compile"), "build": (keras.Model, "compile_from_config"), "try": (keras.layers.Dense, "call")}
    fail_in(monkeypatch, *places[part], error)

    with pytest.raises((tf.errors.OpError, RuntimeError)) as raised:  # neither KerasRejected nor OrderRefused
        steps[part]()
    assert is_out_of_memory(raised.value)
    said = replay.to_message(raised.value)
    assert isinstance(said, Fault)
    assert said.out_of_memory


@pytest.mark.parametrize(("part", "place"), [("look", "compile"), ("build", "compile_from_config")])
def test_another_failure_is_left_to_plain_keras(monkeypatch, part, place):
    """Nothing else changes sides."""
    architecture, settings = declare()
    fail_in(monkeypatch, keras.Model, place, OTHER)

    with pytest.raises(rebuild.KerasRejected):
        if part == "look":
            rebuild.inspect_order(architecture, settings, [(60, 28, 28)], 10**9)
        else:
            rebuild.build_model(architecture, settings)


def test_shapes_that_can_not_be_computed_for_want_of_memory_are_no_mixing(monkeypatch):
    """A student would be told that a layer looks at its neighbours."""
    model = dense()
    fail_in(monkeypatch, keras.layers.Dense, "compute_output_spec", FULL[0])

    with pytest.raises(ERRORS.ResourceExhaustedError):
        batch_axis.check_examples_apart(model)


def test_the_trainer_says_so_of_every_order(monkeypatch):
    """And its process takes no further submission."""
    sent = []
    lasting = SimpleNamespace(find=SimpleNamespace(held=SimpleNamespace(copy_held=lambda: None), digests=None), archive=None, machine="")
    trainer = SubmissionTrainer(SimpleNamespace(send=sent.append), lasting)
    trainer._report_failure(FULL[1])

    assert trainer.broken
    assert sent == [Fault(message=f"InternalError: {FULL[1]}", out_of_memory=True)]


def test_a_wrapped_error_is_found():
    """By what it was raised for, even where that is hidden; other errors pass."""
    try:
        try:
            raise FULL[0]
        except ERRORS.ResourceExhaustedError:
            raise RuntimeError("Exception encountered when calling Dense.call()") from None
    except RuntimeError as error:
        wrapped = error
    with pytest.raises(RuntimeError):
        raise_if_exhausted(wrapped)
    raise_if_exhausted(ValueError("out of memory"))
    raise_if_exhausted(OTHER)
