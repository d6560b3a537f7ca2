"""A metric of one's own costs nothing until somebody reads its figure."""

import pytest

pytestmark = pytest.mark.train

FILE = """
import tensorflow as tf
K = tf.keras.backend

class Recall(tf.keras.metrics.Recall):
    pass

class F1(tf.keras.metrics.Metric):
    def __init__(self):
        super().__init__(name="f1")
    def update_state(self, y_true, y_pred, sample_weight=None):
        pass
    def result(self):
        return 0.0

def sure(y_true, y_pred):
    return K.mean(K.max(y_pred, axis=-1))

class Watch(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        {callback}

def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", {metric}])
    history = model.fit(x[:2000] / 255.0, y[:2000], validation_split=0.1, callbacks=[Watch()])
    {after}
    return history.epoch, history.history["accuracy"][-1]
"""


@pytest.mark.parametrize(("metric", "name"), [("sure", "sure"), ("F1()", "f1"), ("lambda y, p: K.mean(p)", "<lambda>")])
def test_a_metric_that_nobody_reads_is_a_note(soon_graded, metric, name):
    """A function, a class, a lambda; the logs can be printed and gone through."""
    verdict = soon_graded(FILE.format(metric=metric, callback="print(logs, list(logs.items()), 'loss' in logs)", after="print(history.history)"))

    assert (verdict.status, verdict.end) == ("passed", "completed"), verdict.end_message
    assert [note.line for note in verdict.notes if f"`{name}` is your own metric" in note.message] == [27]


@pytest.mark.parametrize(
    ("callback", "after", "line"),
    [
        ("print(logs['sure'])", "pass", 21),
        ("self.best = logs.get('val_sure')", "pass", 21),
        ("pass", "print(history.history['sure'][-1])", 28),
        ("pass", "best = max(history.history.get('val_sure', []))", 28),
    ],
)
def test_who_reads_its_figure_is_told_at_that_line(soon_graded, callback, after, line):
    """In a callback, of validation too, and in the history."""
    verdict = soon_graded(FILE.format(metric="sure", callback=callback, after=after))

    assert verdict.end == "forbidden"
    assert f"line {line}: `" in verdict.end_message
    assert "is your own metric, so the grader doesn't have its value" in verdict.end_message
