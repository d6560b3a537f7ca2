"""Pipelines and hooks of batches on JAX; run by test_trainer_on_jax.py in a process with that backend."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "trainer"))

from msgspec import structs
from replay_orders import Student, X, Y, dense, order

from grader.protocol.wire import Begin
from grader.trainer.match.digests import DigestCache
from grader.trainer.training import loop
from grader.trainer.training.building import build_seeded_model
from grader.trainer.training.feeding import OrderArrays
from grader.trainer.training.trainees import Trainees

ROWS = [100, 100, 56]


def trained(made, student, next_pass=lambda: None):
    trainees = Trainees(None, "here", lambda seconds: None, DigestCache())
    return trainees.train_model(made, Begin(seed=7, limit_s=60.0), student, next_pass)


def test_each_epoch_of_a_pipeline_takes_a_pass():
    """The first pass came with the order, the second is asked for; batches are as large as they came."""
    made, student, asked = order(dense, epochs=2, batches=ROWS), Student(), []

    def next_pass():
        asked.append(1)
        return OrderArrays(made.order.arrays, [X[::-1].copy(), Y[::-1].copy()]), ROWS

    trained(made, student, next_pass)
    model, plain = build_seeded_model(made, 7), []
    for epoch, (x, y) in enumerate(((X, Y), (X[::-1], Y[::-1]))):
        history = model.fit(x, y, batch_size=100, shuffle=False, initial_epoch=epoch, epochs=epoch + 1, verbose=0)
        plain += history.history["loss"]

    assert len(asked) == 1
    assert [epoch["loss"] for epoch in student.epochs] == pytest.approx(plain)


def test_hooks_of_batches_hear_each_batch():
    """A callback that listens to batches hears all of them, in order, with the logs of plain Keras."""
    made = order(dense, epochs=1, batch_size=64)
    listening = loop.InspectedOrder(
        order=structs.replace(made.order, batch_hooks=True), arrays=made.arrays, architecture=made.architecture
    )
    heard, student = [], Student()
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: heard.append((batch, float(logs["loss"])))
    )
    build_seeded_model(made, 7).fit(X.copy(), Y.copy(), batch_size=64, epochs=1, verbose=0, callbacks=[watch])

    trained(listening, student)

    ours = [(index, logs["loss"]) for hook, index, logs in student.heard if hook == "train_batch_end"]
    assert ours == [(index, pytest.approx(loss)) for index, loss in heard]
    assert len(ours) == 4
