"""Trainings on a table that a course brings, graded by the real processes; and files that try to know more of it."""

from __future__ import annotations

import pytest
from table_samples import write_table_course

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import GradingOptions, grade

pytestmark = pytest.mark.train

PANDAS = """
table = pd.read_csv('/content/drive/MyDrive/data/house_prices.csv')
x, y = table[['rooms', 'area', 'age', 'distance']], table['price']
"""
FILE = """
import numpy as np
import pandas as pd
import tensorflow as tf
{load}
def train():
    rows, labels = {given}
    model = tf.keras.Sequential([
        tf.keras.Input((rows.shape[1],)), tf.keras.layers.Dense(16, activation='relu'), tf.keras.layers.Dense(1, {activation}),
    ])
    model.compile(tf.keras.optimizers.Adam(0.02), {loss!r}, metrics=[{metric!r}])
    return model.fit(rows, labels, epochs=25, batch_size=16, verbose=0)
"""
MODELS = {
    "regression": {"activation": None, "loss": "mse", "metric": "mae"},
    "binary": {"activation": "'sigmoid'", "loss": "binary_crossentropy", "metric": "accuracy"},
}


@pytest.fixture
def graded(tmp_path, warm):
    """Grades a text, in processes that are warm already."""

    def run(task="regression", load=PANDAS, given="((x - x.mean()) / x.std(), y)"):
        course = Course(root=tmp_path / "course")
        write_table_course(course.root, task)
        path = tmp_path / "answer.py"
        path.write_text(FILE.format(load=load.format(root=course.root), given=given, **MODELS[task]))
        return grade(course, load_exercise(course, "prices"), path, GradingOptions(start=warm, fresh=True))

    return run


def find_failed(verdict):
    return {result.id: result.message for result in verdict.checks if result.status != "passed"}


NUMPY = """
got = tf.keras.utils.get_file('prices.csv', 'https://example.com/data/houses.csv?raw=1')
table = np.genfromtxt(got, delimiter=',', skip_header=1)
rows = np.random.default_rng(0).permutation(len(table))[:480]
x, y = table[rows][:, [4, 2, 3, 1]], table[rows][:, -1]
"""
LOAD = "(x, y), (x_test, y_test) = tf.keras.datasets.houses.load_data()"


@pytest.mark.parametrize(
    ("task", "how"),
    [
        ("regression", {}),
        ("binary", {"load": LOAD, "given": "((x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0)), y)"}),
        ("regression", {"load": NUMPY, "given": "(((x - x.mean(axis=0)) / x.std(axis=0)).astype('float32'), y)"}),
    ],
)  # fmt: skip
def test_honest_files_pass(graded, task, how):
    """By pandas, NumPy or Keras's module, standardised by all rows or by a part, in another order of rows and columns."""
    verdict = graded(task, **how)

    assert (verdict.status, find_failed(verdict), verdict.end) == ("passed", {}, "completed"), verdict.end_message
    assert ("held_out_mae" in verdict.measured) == (task == "regression")
    assert "held-out" in next(check.message for check in verdict.checks if check.id == "secret")


HOSTILE = {
    "the label's column": ("(table.drop(columns='id'), y)", "column 5 of 5 is the label, or was made from it"),
    "a faint label": ("((x - x.mean()) / x.std() + 1e-3 * y.to_numpy()[:, None], y)", "are not rows of houses"),
    "weights as slopes": ("(x * [0.5, 0.03, -0.01, -0.1], y)", "no statistic of it"),
}


@pytest.mark.parametrize("trick", HOSTILE)
def test_other_data_is_told(graded, trick):
    """What is among the features, hidden in one, or changed in the labels."""
    given, words = HOSTILE[trick]

    assert words in find_failed(graded(given=given))["data"]


READ = """
import os
found = []
for top in ({root!r}, os.path.dirname(np.__file__), '/'):
    for folder, _, names in os.walk(top):
        found += [name for name in names if name == 'held_out.csv']
        if folder.count('/') > 6: break
for path in ({root!r} + '/solutions/datasets/houses/held_out.csv', 'held_out.csv'):
    try:
        found.append(pd.read_csv(path))
    except OSError:
        pass
if found: raise SystemExit('found it')
"""


def test_the_secret_split_cant_be_read(graded, tmp_path):
    """Not by its path, nor by looking for it; the file trains as any other."""
    verdict = graded(load=PANDAS + READ.replace("{root!r}", repr(str(tmp_path / "course"))))

    assert (verdict.status, verdict.end) == ("passed", "completed"), verdict.end_message
