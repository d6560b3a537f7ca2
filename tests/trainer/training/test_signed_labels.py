"""Two classes as -1 and 1: what was trained on them is measured on which side of 0 its answer lies."""

import numpy as np
import pytest
from sequence_samples import write_sequences

from grader.courses.course import Course
from grader.courses.datasets import load_own_dataset
from grader.data import load_dataset, load_held_out
from grader.trainer.match.comparison import match_arrays
from grader.trainer.training import measuring

pytestmark = pytest.mark.keras


class Counting:
    """Says a little more than 0 where most numbers are even, and a little less otherwise."""

    def predict_on_batch(self, rows):
        even, odd = ((rows > 0) & (rows % 2 == rest) for rest in (0, 1))
        return np.where(even.sum(axis=1) > odd.sum(axis=1), 0.2, -0.2)[:, None]


def test_the_threshold_lies_between_the_labels(tmp_path):
    """Half for 0 and 1, as Keras has it, and 0 for -1 and 1."""
    write_sequences(tmp_path)
    source = load_own_dataset(Course(root=tmp_path), "reviews")
    data, held_out = load_dataset(source, verify=True), load_held_out(source)
    rows = np.array([(list(numbers) + [0] * 40)[:40] for numbers in data.x_train])
    transform = match_arrays(rows, data.y_train, source).transform

    def measure(labels):
        threshold = measuring.pick_threshold(source.about, [labels])
        return measuring.measure_accuracies(Counting(), data, transform, 200, held_out, threshold=threshold)

    assert measure(data.y_train).test_accuracy < 0.6
    assert measure(2 * data.y_train - 1).held_out_accuracy > 0.95
