"""Many steps in one call are plain Keras on JAX; run by test_trainer_on_jax.py in a process with that backend."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "trainer"))

from replay_orders import Student, convolution, dense, dropout, order, unbuilt

from grader.protocol.arrays import ArraySpec
from grader.protocol.wire import Begin
from grader.records.run import Architecture, ModelLayer
from grader.trainer import memory
from grader.trainer.match.digests import DigestCache
from grader.trainer.training import jax_training, loop
from grader.trainer.training.building import build_seeded_model
from grader.trainer.training.feeding import OrderArrays
from grader.trainer.training.trainees import Trainees

RANDOM = np.random.default_rng(5)
HELD_OUT = {"val_x": RANDOM.random((50, 6, 6, 1)).astype("float32"), "val_y": RANDOM.integers(0, 2, 50).astype("uint8")}
WEIGHTS = {"sample_weight": np.linspace(0.5, 2.0, 256)}
CASES = {
    "dense": (dense, {}, {}),
    "convolution": (convolution, {"batch_size": 24}, {}),
    "dropout": (dropout, {"validation_split": 0.25, "class_weight": {0: 1.0, 1: 2.0}, "batch_size": 50}, {}),
    "unbuilt": (unbuilt, {"shuffle": False, "batch_size": 7}, {}),
    "held out": (dense, {"validation_batch_size": 20, "validation_freq": 2}, HELD_OUT),
    "weighted": (convolution, {"batch_size": 300}, WEIGHTS),
}


def opened(case, **more):
    build, fit, arrays = CASES[case]
    made = order(build, epochs=3, **fit, **more)
    specs = [ArraySpec(dtype=value.dtype.name, shape=list(value.shape), role=role) for role, value in arrays.items()]
    by_role = made.arrays.by_role
    both = [*made.order.arrays, *specs]
    values = [by_role["x"][0], by_role["y"][0], *arrays.values()]
    return loop.InspectedOrder(order=made.order, arrays=OrderArrays(both, values), architecture=made.architecture)


def plain(made):
    """The logs of each epoch, and the weights, as Keras gives them batch by batch."""
    fit, arrays = made.order.fit, made.arrays
    model = build_seeded_model(made, 7)
    logs = []
    model.fit(
        arrays.find_by_role("x"), arrays.find_by_role("y"), sample_weight=arrays.find_by_role("sample_weight"), batch_size=fit.batch_size,
        epochs=fit.epochs, shuffle=fit.shuffle, validation_split=fit.validation_split,
        validation_data=arrays.build_validation_data(None), validation_batch_size=fit.validation_batch_size,
        validation_freq=fit.validation_freq, class_weight=fit.class_weight, verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, found: logs.append(dict(found)))],
    )  # fmt: skip
    return logs, model.get_weights()


def trained(made, student):
    trainees = Trainees(None, "here", lambda seconds: None, DigestCache())
    outcome, trainee = trainees.train_model(made, Begin(seed=7, limit_s=60.0), student, lambda: None)
    return outcome, trainee


@pytest.mark.parametrize("case", CASES)
def test_the_figures_are_those_of_plain_keras(case):
    """The same shuffling, the same mathematics: logs and weights agree to rounding, epoch by epoch."""
    logs, weights = plain(opened(case))
    student = Student()

    _, trainee = trained(opened(case), student)

    assert [set(epoch) for epoch in student.epochs] == [set(epoch) for epoch in logs]
    for ours, theirs in zip(student.epochs, logs, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-5)
    for ours, theirs in zip(trainee.list_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_keras_gets_its_own_functions_back():
    """After a training nothing of it stays on the device, and the model predicts and trains as any other."""
    _, trainee = trained(opened("held out"), Student())

    assert (trainee.model.train_function, trainee.model.test_function) == (None, None)
    assert trainee.model.evaluate(HELD_OUT["val_x"], HELD_OUT["val_y"], verbose=0, return_dict=True)["loss"] > 0


def test_larger_data_is_fed_by_batches(monkeypatch):
    """What doesn't fit the bound is trained all the same."""
    monkeypatch.setattr(jax_training, "MAX_DEVICE_BYTES", 1000)
    student = Student()

    trained(opened("dense"), student)

    assert student.epochs == [pytest.approx(epoch) for epoch in plain(opened("dense"))[0]]


def test_a_limit_ends_the_training_between_two_calls():
    """The time limit counts from the end of the first call, so compilation isn't counted."""
    made = opened("dense")
    trainees = Trainees(None, "here", lambda seconds: None, DigestCache())

    outcome, _ = trainees.train_model(made, Begin(seed=7, limit_s=0.0), Student(), lambda: None)

    assert outcome.stopped_by == "limit"


def test_figures_are_the_same_again():
    """Two trainings of one order give the same floats."""
    first, second = Student(), Student()

    trained(opened("dropout"), first)
    trained(opened("dropout"), second)

    assert first.heard == second.heard


def test_another_fit_goes_on_with_the_shuffling():
    """A second `fit`, whatever was trained in between, is that of one fit after another in Keras."""
    twice = opened("dense")
    model = build_seeded_model(twice, 7)
    x, y = twice.arrays.find_by_role("x"), twice.arrays.find_by_role("y")
    histories = [model.fit(x, y, epochs=3, verbose=0), model.fit(x, y, epochs=3, verbose=0)]
    expected = [loss for history in histories for loss in history.history["loss"]]
    student, trainees = Student(), Trainees(None, "here", lambda seconds: None, DigestCache())

    for made in (twice, opened("convolution", model=1), twice):
        heard = student if made.order.model == 0 else Student()
        trainees.train_model(made, Begin(seed=7, limit_s=60.0), heard, lambda: None)

    assert [epoch["loss"] for epoch in student.epochs] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("kind", "pays"), [("Dense", True), ("Conv2D", False), ("DepthwiseConv2D", False)])
def test_on_a_cpu_convolutions_are_trained_batch_by_batch(kind, pays):
    """There they are slower within a loop; everything else is faster."""
    assert jax_training.should_scan(Architecture(layers=[ModelLayer(kind=kind, name="only")], parameters=0)) is pays


def test_a_device_that_does_not_tell_its_memory_is_counted_by_what_every_process_takes():
    """A CPU is such a device; the machine's memory is asked for otherwise."""
    assert jax_training.measure_device_peak() == 0
    assert memory.measure_peak("gpu") == memory.GPU_CONTEXT_BYTES
