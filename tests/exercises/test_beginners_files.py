"""What beginners get wrong: the first thing that a report says of it leads to its repair.

Each case is a solution with one text exchanged for another, and a fact that the first words must hold.
"""

from pathlib import Path

import pytest

from grader.checks import loading
from grader.courses.course import Course
from grader.grading import GradingOptions, grade
from grader.reports.reading import put_failures_first

pytestmark = pytest.mark.train

COURSE = Course(root=Path(__file__).resolve().parents[2])
SET = "self.model.stop_training = True"
FLAG = (
    f'if logs["accuracy"] > 0.6:\n            print("\\nReached 60 % accuracy, so training stops.")\n            {SET}'
)
FIT = "training_images,\n        training_labels,\n        epochs=9,\n"
CASES = [
    ("exercise1", FIT, "training_images,\n        epochs=9,\n", "`fit` is given no labels"),
    ("exercise1", FIT, "training_labels,\n        training_images,\n        epochs=9,\n", "the labels first"),
    ("exercise1", "epochs=9,\n        callbacks=[StopAtAccuracy()]", "9,\n        StopAtAccuracy()", "`fit(images, labels, epochs=..., callbacks=[...])`"),
    ("exercise1", "shape=(28, 28)", "shape=(60000, 28, 28)", "the shape of one image"),
    ("exercise2", 'logs["accuracy"]', "accuracy", "write `logs['accuracy']`"),
    ("exercise2", SET, "model.stop_training = True", "write `self.model`"),
    ("exercise2", SET, "self.model.stop_training()", f"`{SET}`"),
    ("exercise2", SET, "break", f"`{SET}`"),
    ("exercise2", "def on_epoch_end", "def on_epoch_begin", "`on_epoch_begin` comes before an epoch"),
    ("exercise2", "    def on_epoch_end(self, epoch, logs=None):\n        " + FLAG,
     "    pass\n\ndef on_epoch_end(self, epoch, logs=None):\n        " + FLAG, "outside the class"),
    ("exercise2", "tf.keras.callbacks.Callback):\n", "tf.keras.Callback):\n", "`tf.keras.callbacks.Callback`"),
    ("exercise2", "tf.keras.callbacks.Callback):\n", "tf.keras.callbacks):\n", "a class inherits from a class"),
    ("exercise2", "tf.keras.layers.Flatten()", "tf.keras.layers.Flatten", "each made with brackets"),
    ("baseline", "Sequential(layers)", "Sequential(*layers)", "one list"),
    ("baseline", "shape=image.shape", "28, 28, 1", "in brackets of its own"),
    ("baseline", "Flatten()", "Flatten(image)", "`Flatten()`"),
    ("basic_cnn", "(32, (3, 3)", "(32, 3, 3", "strides 3x3 (a number after the kernel's size"),
    ("resnet", ', padding="same"', "", "without `padding='same'`"),
    ("baseline", "shape=image.shape", "shape=image", "`shape=image.shape`"),
    ("fashion_dense", "loss=\"sparse_categorical_crossentropy\"", "loss=tf.keras.losses.SparseCategoricalCrossentropy", "write the brackets after it"),
]  # fmt: skip


def read_first_words(verdict):
    """The first two things that a report says: an end's first two lines, or what the first failed check says and advises."""
    if verdict.end != "completed":
        return " ".join(verdict.end_message.split("\n")[:2])
    first = put_failures_first(verdict.checks)[0]
    return f"{first.message} {first.hint or ''}"


@pytest.mark.parametrize(("exercise", "right", "wrong", "fact"), CASES)
def test_the_first_words_lead_to_the_repair(tmp_path, warm, exercise, right, wrong, fact):
    """Before anything is trained."""
    text = (COURSE.solutions / exercise / "solution.py").read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / "wrong.py"
    path.write_text(text.replace(right, wrong), encoding="utf-8")

    verdict = grade(COURSE, loading.load_exercise(COURSE, exercise), path, GradingOptions(start=warm, until="probe"))

    assert verdict.status == "failed"
    assert fact.lower() in read_first_words(verdict).lower()
