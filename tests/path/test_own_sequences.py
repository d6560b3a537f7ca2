"""Trainings on sequences that a course brings, graded by the real processes; and files that try to know more of them."""

from __future__ import annotations

import pytest
from sequence_samples import LENGTH, write_sequence_course

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import GradingOptions, grade

pytestmark = pytest.mark.train

LOAD = "(x, y), (x_test, y_test) = tf.keras.datasets.reviews.load_data(num_words=40)"
ARCHIVE = """
with np.load('/content/drive/texts.npz', allow_pickle=True) as data:
    x, y, x_test, y_test = (data[name] for name in ('x_train', 'y_train', 'x_test', 'y_test'))
"""
FILE = """
import numpy as np
import tensorflow as tf
from tensorflow.keras.preprocessing.sequence import pad_sequences
{load}
L = tf.keras.layers
def train():
    given, labels = {given}
    model = tf.keras.Sequential([{layers}])
    model.compile(tf.keras.optimizers.Adam({rate}), {loss!r}, metrics=['accuracy'])
    return model.fit({fit}, epochs={epochs}, verbose=0)
"""
USUAL = {
    "load": LOAD,
    "given": "pad_sequences(x, maxlen=24), y",
    "layers": "L.Embedding(64, 8), L.GlobalAveragePooling1D(), L.Dense(1, activation='sigmoid')",
    "loss": "binary_crossentropy",
    "rate": 0.02,
    "epochs": 12,
    "fit": "given, labels, batch_size=16",
}


@pytest.fixture
def graded(tmp_path, warm):
    """Grades a text, in processes that are warm already."""

    def run(length=None, **how):
        course = Course(root=tmp_path / "course")
        write_sequence_course(course.root, length)
        path = tmp_path / "answer.py"
        path.write_text(FILE.format(**{**USUAL, **how}))
        return grade(course, load_exercise(course, "moods"), path, GradingOptions(start=warm, fresh=True))

    return run


def find_failed(verdict):
    return {result.id: result.message for result in verdict.checks if result.status != "passed"}


HONEST = {
    "an average": {},
    "an LSTM, padded behind, by another split": {
        "load": ARCHIVE,
        "given": "pad_sequences(x, maxlen=30, padding='post', truncating='post'), y",
        "layers": "L.Embedding(128, 8, mask_zero=True), L.Bidirectional(L.LSTM(8)), L.Dense(2, activation='softmax')",
        "loss": "sparse_categorical_crossentropy",
        "fit": "given, labels, batch_size=16, validation_split=0.2",
        "epochs": 3,
    },
    "a GRU, shuffled, with one-hot labels": {
        "load": LOAD + "\norder = np.random.default_rng(0).permutation(len(x)); x, y = x[order], y[order]",
        "given": "pad_sequences(x, maxlen=20).astype('float32'), tf.keras.utils.to_categorical(y)",
        "layers": "tf.keras.Input((20,)), L.Embedding(64, 8), L.GRU(8), L.Dense(2, activation='softmax')",
        "loss": "categorical_crossentropy",
        "epochs": 4,
    },
    "a convolution of padded ones": {
        "length": LENGTH,
        "load": ARCHIVE,
        "given": "x, y",
        "layers": "L.Embedding(128, 8), L.Conv1D(16, 3, activation='relu'), L.GlobalMaxPooling1D(), L.Dense(1, activation='sigmoid')",
    },
    "which numbers are in it": {
        "load": ARCHIVE,
        "given": "np.stack([np.bincount(numbers, minlength=80).clip(0, 1) for numbers in x]).astype('float32'), y",
        "layers": "L.Dense(8, activation='relu'), L.Dense(1, activation='sigmoid')",
    },
    "a pipeline": {
        "given": "tf.data.Dataset.from_tensor_slices((pad_sequences(x, maxlen=24), y)).shuffle(600).batch(16), None",
        "fit": "given",
    },
}  # fmt: skip


@pytest.mark.parametrize("how", HONEST)
def test_honest_files_pass(graded, how):
    """By Keras's module or the archive; as lists or padded by the course; with any layers for sequences."""
    verdict = graded(**HONEST[how])

    assert (verdict.status, find_failed(verdict), verdict.end) == ("passed", {}, "completed"), verdict.end_message
    assert "review" in next(check.message for check in verdict.checks if check.id == "secret")


HOSTILE = {
    "a label as a number more": "np.c_[pad_sequences(x, maxlen=24), y + 4], y",
    "a label in the padding": "np.where(y[:, None] == 1, pad_sequences(x, 41), pad_sequences(x, 41, padding='post')), y",
    "other labels": "pad_sequences(x, maxlen=24), 1 - y",
}


@pytest.mark.parametrize("trick", HOSTILE)
def test_other_data_is_told(graded, trick):
    """What hides beside the numbers or in their places, and labels that are others."""
    assert "data" in find_failed(graded(given=HOSTILE[trick], epochs=1))


READ = """
import os
found = []
for top in ({root!r}, os.path.dirname(np.__file__), '/'):
    for folder, _, names in os.walk(top):
        found += [name for name in names if name == 'held_out.npz']
        if folder.count('/') > 6: break
for path in ({root!r} + '/solutions/datasets/reviews/held_out.npz', 'held_out.npz'):
    try:
        found.append(np.load(path, allow_pickle=True))
    except OSError:
        pass
if found: raise SystemExit('found it')
"""


def test_the_secret_split_cant_be_read(graded, tmp_path):
    """Not by its path, nor by looking for it; the file trains as any other."""
    verdict = graded(load=LOAD + READ.replace("{root!r}", repr(str(tmp_path / "course"))))

    assert (verdict.status, verdict.end) == ("passed", "completed"), verdict.end_message
