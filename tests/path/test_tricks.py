"""What a student's process declares can't change what is measured."""

import pytest

pytestmark = pytest.mark.train

HEAD = """
import numpy as np
import tensorflow as tf
L = tf.keras.layers

def data(count=2000):
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    return x[:count] / 255.0, y[:count]

def compiled(*layers):
    made = tf.keras.Sequential([L.Input((28, 28)), *layers, L.Dense(10, activation="softmax")])
    made.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return made
"""
DATA = "[{id: data, check: training.data, args: {split: train, examples: 60000}, points: 1}]"
REACHES = "[{id: reaches, check: training.reaches, args: {metric: accuracy, above: 0.9}, points: 1}]"


def statuses(verdict):
    return {check.id: check.status for check in verdict.checks}


def test_a_model_that_changes_between_two_fits_is_refused(soon_graded):
    """Training one model and declaring another one under its number doesn't work."""
    text = HEAD + """
def train():
    x, y = data()
    big, small = compiled(L.Flatten(), L.Dense(64)), compiled(L.Flatten())
    big.fit(x, y, epochs=1)
    big.to_json = small.to_json
    return big.fit(x, y, epochs=1).epoch
"""

    verdict = soon_graded(text)

    assert verdict.end == "forbidden"
    assert "the model's layers were changed after it was trained" in verdict.end_message


def test_later_passes_of_a_pipeline_count_too(soon_graded):
    """A pipeline that shows the dataset first and something easier afterwards is found out."""
    text = HEAD + """
passes = [0]
class Turncoat(tf.keras.utils.PyDataset):
    def __init__(self):
        super().__init__()
        self.x, self.y = data(60000)
    def __len__(self):
        return 60
    def __getitem__(self, i):
        part = slice(i * 1000, i * 1000 + 1000)
        passes[0] += i == 0
        return self.x[part] * 1.0 if passes[0] < 2 else self.x[:1000], self.y[part] if passes[0] < 2 else self.y[:1000]

def train():
    return compiled(L.Flatten()).fit(Turncoat(), epochs=3, shuffle=False).epoch
"""

    verdict = soon_graded(text, checks=DATA)

    assert statuses(verdict) == {"data": "failed"}
    assert "1,000 of the 60,000" in verdict.checks[0].message


def test_pretrained_weights_are_not_taken(soon_graded):
    """Weights that the student's process sets before `fit` never reach the trainer, and it says so."""
    text = HEAD + """
def train():
    x, y = data()
    model = compiled(L.Flatten())
    history = None
    model.build((None, 28, 28))
    model.set_weights([w + 5 for w in model.get_weights()])
    return model.fit(x, y, epochs=1).history["loss"]
"""

    verdict = soon_graded(text)

    assert (verdict.end, verdict.training) == ("forbidden", [])
    assert verdict.end_line == text[: text.index("    model.set_weights")].count("\n") + 1


def test_a_forged_history_changes_nothing_measured(soon_graded):
    """A patched History is the student's own business."""
    text = HEAD + """
def train():
    x, y = data()
    history = compiled(L.Flatten()).fit(x, y, epochs=1)
    history.history["accuracy"] = [0.999]
    return history.epoch, 0.999
"""

    verdict = soon_graded(text, checks=REACHES)

    assert statuses(verdict) == {"reaches": "failed"}
    assert verdict.training[0].epochs[0]["accuracy"] < 0.9


def test_a_metric_that_is_merely_named_accuracy_isnt_one(soon_graded):
    """Only a metric that is accuracy counts as accuracy."""
    text = HEAD + """
def train():
    x, y = data()
    model = compiled(L.Flatten())
    model.compile("adam", "sparse_categorical_crossentropy",
                  metrics=[tf.keras.metrics.SparseTopKCategoricalAccuracy(k=10, name="accuracy")])
    history = model.fit(x, y, epochs=1)
    return history.epoch, history.history["accuracy"][-1]
"""

    verdict = soon_graded(text, checks=REACHES)

    assert verdict.returned == [[0], 1.0]
    assert statuses(verdict) == {"reaches": "failed"}


def test_patched_keras_in_the_students_process_reaches_nobody(soon_graded):
    """json, numpy and Keras may be patched there; the trainer's figures stay."""
    text = HEAD + """
import json, builtins
def train():
    x, y = data()
    model = compiled(L.Flatten())
    tf.keras.metrics.SparseCategoricalAccuracy.result = lambda self: 1.0
    np.argmax = lambda *a, **k: 0
    builtins.float = lambda *a: 0.999
    return model.fit(x, y, epochs=1).epoch
"""

    verdict = soon_graded(text, checks=REACHES)

    assert verdict.status == "failed"
    assert all(epoch["accuracy"] < 0.9 for record in verdict.training for epoch in record.epochs)


def test_an_absurd_layer_never_allocates(soon_graded):
    """Two thousand million units are refused by name, in the student's verdict."""
    text = HEAD + """
def train():
    x, y = data()
    model = compiled(L.Flatten())
    text = model.to_json()
    model.to_json = lambda: text.replace('"units": 10', '"units": 2000000000')
    return model.fit(x, y).epoch
"""

    verdict = soon_graded(text)

    assert (verdict.end, verdict.status) == ("forbidden", "failed")
    assert "1,570,000,000,000 weights" in verdict.end_message
