"""A submission that is trained on JAX: the same verdict, told with its backend, and never with another's figures."""

import pytest

from grader.engines.pool import ProcessPool

pytest.importorskip("jax")

pytestmark = pytest.mark.train

FILE = """
import tensorflow as tf
def train():
    (x, y), (tx, ty) = tf.keras.datasets.mnist.load_data()
    x, y, tx, ty = x[:2000] / 255.0, y[:2000], tx[:500] / 255.0, ty[:500]
    model = tf.keras.Sequential([tf.keras.layers.Input((28, 28)), tf.keras.layers.Flatten(),
                                 tf.keras.layers.Dropout(0.2), tf.keras.layers.Dense(10, activation='softmax')])
    model.compile('adam', 'sparse_categorical_crossentropy', metrics=['acc'])
    rate = tf.keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.002 if epoch == 0 else 0.001)
    best = tf.keras.callbacks.EarlyStopping('val_loss', patience=5, restore_best_weights=True)
    history = model.fit(x, y, epochs=3, validation_data=(tx, ty), callbacks=CALLBACKS, verbose=0)
    print(keras_backend())
    return history.epoch, history.history['acc'][-1]

def keras_backend():
    import keras
    return keras.backend.backend()
"""
PLAIN, LISTENING = FILE.replace("CALLBACKS", "[]"), FILE.replace("CALLBACKS", "[rate, best]")


@pytest.fixture
def warm():
    made = ProcessPool(2, rest_s=60.0)
    yield made.start_pair
    made.close()


def test_one_backend_is_never_told_the_training_of_another(graded, warm):
    """The same file on TensorFlow, on JAX, and on each again, from one pool and one store."""
    backends = ("tensorflow", "jax", "tensorflow", "jax")
    verdicts = [graded(PLAIN, backend, start=warm) for backend in backends]
    trainings = [verdict.training[0] for verdict in verdicts]

    assert [verdict.status for verdict in verdicts] == ["passed"] * 4
    assert [(training.backend, training.replayed) for training in trainings] == [
        ("tensorflow", False), ("jax", False), ("tensorflow", True), ("jax", True),
    ]  # fmt: skip
    assert trainings[0].epochs == trainings[2].epochs != trainings[1].epochs == trainings[3].epochs
    assert [verdict.environment.backend for verdict in verdicts] == list(backends)
    assert [verdict.environment.jax is None for verdict in verdicts] == [True, False, True, False]
    assert {verdict.stdout for verdict in verdicts} == {"tensorflow\n"}


def test_callbacks_are_obeyed_on_jax(graded):
    """Learning rates, going back to the best weights and a TF 1 metric, as on TensorFlow."""
    verdict = graded(LISTENING, "jax")

    assert (verdict.status, verdict.end) == ("passed", "completed"), verdict.end_message
    assert [set(epoch) for epoch in verdict.training[0].epochs] == [{"epoch", "accuracy", "loss", "val_accuracy", "val_loss"}] * 3


FORGED = """
import grader.student.feed as feed
import tensorflow as tf
feed.check_same_form = lambda first, later: None
def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, y = x[:320] / 255.0, y[:320]
    model = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(10, activation='softmax')])
    model.compile('adam', 'sparse_categorical_crossentropy', weighted_metrics=['accuracy'])
    plain = [(x[at : at + 32], y[at : at + 32]) for at in range(0, 320, 32)]
    easy = [(images, labels, (labels == 1) * 1.0) for images, labels in plain]
    return model.fit((batch for batch in plain + 9 * easy), steps_per_epoch=10, epochs=3, verbose=0).epoch
"""


def test_weights_in_a_later_pass_are_not_trained_with(graded):
    """The student's process raises; where it was made not to, the trainer, since plain Keras would train on JAX."""
    verdict = graded(FORGED, "jax")

    assert verdict.status == "error", (verdict.end, verdict.end_message)
    assert "now x, y of the shape (batch), sample_weight" in verdict.end_message
