"""Several graded names in one file, graded by the real processes; and files that try to get by with less."""

import pytest

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import GradingOptions, grade

pytestmark = pytest.mark.train

SPEC = """
schema: grade-exercise/1
id: small
title: Small
dataset: mnist
attempts: 1
parts:
  - {id: prepare, function: prepare, given: {labels: false}}
  - {id: stop, callback: Stop}
  - {id: build, function: build, models: {calls: [{}], train: never}}
  - {id: train, function: train, given: {scale: 255}}
  - {id: file}
checks:
  - {id: array, part: prepare, check: prepared.array, args: {shape: [60000, 28, 28, 1]}, points: 10}
  - {id: pixels, part: prepare, check: prepared.images, points: 10}
  - {id: stops, part: stop, check: callback.stops_when, args: {metric: accuracy, above: 0.6, or_equal: true}, points: 20}
  - {id: model, part: build, check: returns.model, args: {built: true}, points: 20}
  - {id: history, part: train, check: returns.history, points: 10}
  - {id: asked, part: train, check: training.asks_for, args: {epochs: 3}, points: 10}
  - {id: ended, part: train, check: training.epochs, args: {below: 3}, points: 10}
  - {id: reached, part: file, check: training.reaches, args: {metric: accuracy, above: 0.1}, points: 10}
"""
FILE = """
import numpy as np
import tensorflow as tf
import unittests
(images, labels), _ = tf.keras.datasets.mnist.load_data()
def prepare(images):
    return tf.constant(np.reshape(images, (60000, 28, 28, 1)) / 255.0)
prepared = prepare(images)
unittests.test_prepare(prepare)
class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs['accuracy'] >= 0.6:
            self.model.stop_training = True
def build():
    model = tf.keras.Sequential([tf.keras.Input((28, 28, 1)), tf.keras.layers.Flatten(), tf.keras.layers.Dense(10, 'softmax')])
    model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])
    return model
def train(x, y):
    return build().fit(x[:640, ..., None], y[:640], epochs=3, callbacks=[Stop()])
history = build().fit(prepared[:640], labels[:640], epochs=2)
assert 'accuracy' in history.model.metrics_names
"""


@pytest.fixture
def graded(tmp_path, warm):
    """Grades a text, in processes that are warm already."""

    def run(text, spec=SPEC):
        folder = tmp_path / "exercises" / "small"
        folder.mkdir(parents=True, exist_ok=True)
        (tmp_path / "quizzes").mkdir(exist_ok=True)
        (folder / "exercise.yaml").write_text(spec)
        path = tmp_path / "answer.py"
        path.write_text(text)
        course = Course(root=tmp_path)
        return grade(course, load_exercise(course, "small"), path, GradingOptions(start=warm, fresh=True))

    return run


def failed(verdict):
    return [result.id for result in verdict.checks if result.status != "passed"]


def test_every_part_is_graded_by_itself(graded):
    """The file's own training among them; a module that isn't there costs nothing."""
    verdict = graded(FILE)
    assert (verdict.status, failed(verdict), verdict.end) == ("passed", [], "completed")
    assert (verdict.score, len(verdict.training)) == (100, 2)


def test_a_fault_in_one_part_leaves_the_others(graded):
    """A missing class, a function that raises, and one that ignores what it is given."""
    text = FILE.replace("class Stop(", "class Stopp(").replace("callbacks=[Stop()]", "callbacks=[Stopp()]")
    text = text.replace("def prepare(images):", "kept = images\ndef prepare(images):\n    images = kept")
    text = text.replace("def build():", "def build():\n    if 'prepared' not in globals(): raise ValueError('no images')")
    verdict = graded(text)
    assert failed(verdict) == ["pixels", "stops"]
    assert "defined no Stop" in verdict.end_message
    assert (verdict.end, verdict.status) == ("crashed", "failed")


ONE = """
schema: grade-exercise/1
id: small
title: Small
dataset: mnist
{graded}
checks: [{{id: only, check: {check}, points: 1}}]
"""
STOPS = ONE.format(
    graded="callback: Stop", check="callback.stops_when, args: {metric: accuracy, above: 0.9}"
)
PREPARES = ONE.format(graded="function: prepare\ngiven: {labels: false}", check="prepared.images")
RIGHT = "    def on_epoch_end(self, epoch, logs):\n        self.model.stop_training = logs['accuracy'] > 0.9\n"
STOP = "import tensorflow as tf\nclass Stop(tf.keras.callbacks.Callback):\n"


@pytest.mark.parametrize(
    ("spec", "text", "status", "end"),
    [
        (STOPS, STOP + RIGHT, "passed", "completed"),
        (STOPS, STOP + RIGHT + "Stop = Stop()\n", "passed", "completed"),
        (STOPS, STOP + "    def __init__(self, line):\n        pass\n" + RIGHT, "failed", "crashed"),
        (STOPS, "class Stop:\n" + RIGHT, "failed", "crashed"),
        # A training of its own, in which the runtime's one would be missed.
        (STOPS, STOP + RIGHT + "    def __init__(self):\n        super().__init__()\n"
         "        model = tf.keras.Sequential([tf.keras.Input((28, 28, 1)), tf.keras.layers.Flatten(), tf.keras.layers.Dense(10)])\n"
         "        model.compile('adam', 'mse', metrics=['accuracy'])\n"
         "        model.fit(tf.zeros((4, 28, 28, 1)), tf.zeros((4, 10)), callbacks=[Other()])\n"
         "class Other(tf.keras.callbacks.Callback):\n" + RIGHT, "failed", "forbidden"),
        (PREPARES, "def prepare(images):\n    return images / 255.0\n", "passed", "completed"),
        (PREPARES, "def prepare(images):\n    return images\n", "failed", "completed"),
        (PREPARES, "def prepare(images):\n    return 1 - images / 255.0\n", "failed", "completed"),
        (PREPARES, "def prepare(images):\n    return (images[::-1] / 255.0)\n", "failed", "completed"),
        (PREPARES, "def prepare(images):\n    return [images]\n", "failed", "completed"),
        (PREPARES, "def prepare(images):\n    return images[:9] / 255.0\n", "failed", "completed"),
    ],
)  # fmt: skip
def test_what_is_looked_at_without_a_training(graded, spec, text, status, end):
    """Right ones pass, and nothing else does."""
    verdict = graded(text, spec)
    assert (verdict.status, verdict.end) == (status, end), verdict.end_message
