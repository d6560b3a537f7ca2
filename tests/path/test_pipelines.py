"""Pipelines that end an epoch within the data, or run out of it: what counts is a whole epoch."""

import pytest

pytestmark = pytest.mark.train
HEAD = """
import tensorflow as tf
L = tf.keras.layers

def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, y = x[:640] / 255.0, y[:640]
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    {}
    return model.fit({}, epochs=3, **more).epoch
"""
SHORT = {
    "arrays that end after the second epoch begins": ("more = {'batch_size': 64, 'steps_per_epoch': 9}", "x, y", [1]),
    "a generator that ends": ("more = {'steps_per_epoch': 10}", "((x[at:at + 64], y[at:at + 64]) for at in range(0, 640, 64))", [1, 2]),
    "of unknown length": (
        "more = {'steps_per_epoch': 10}", "tf.data.Dataset.from_tensor_slices((x, y)).batch(64).filter(lambda x, y: True)", [1],
    ),
    "nothing": ("more = {}", "tf.data.Dataset.from_tensor_slices((x, y)).batch(64)", []),
}  # fmt: skip


@pytest.mark.parametrize(("more", "data", "short"), SHORT.values(), ids=SHORT)
def test_figures_of_an_epoch_that_ran_out_of_data_do_not_count(soon_graded, more, data, short):
    """As many epochs as Keras has, and a note; accuracies of a few images are none of the training's."""
    verdict = soon_graded(HEAD.format(more, data))

    assert verdict.end == "completed", verdict.end_message
    [training] = verdict.training
    assert [at for at, logs in enumerate(training.epochs) if "accuracy" not in logs] == short
    assert any("ran out of data" in note.message for note in verdict.notes) == bool(short)
