"""The errors of a regression, as a model's predictions give them."""

import numpy as np
import pytest

from grader.data import Dataset, HeldOutSplit
from grader.trainer.training.measuring_errors import MAX_ERROR, measure_errors

pytestmark = pytest.mark.keras
ROWS = np.arange(10.0)[:, None]


class Line:
    """Predicts a multiple of its input, in some shape."""

    def __init__(self, slope, shape=(-1, 1)):
        self.slope, self.shape = slope, shape

    def predict_on_batch(self, rows):
        return (self.slope * rows).reshape(self.shape)


def measure(model, held_out=None):
    data = Dataset(name="t", class_count=0, x_train=ROWS, y_train=ROWS[:, 0], x_test=ROWS[:3], y_test=ROWS[:3, 0])
    return measure_errors(model, data, lambda rows: rows.astype(np.float32), 4, held_out).errors


def test_errors_are_means_over_each_split():
    """In portions whose last one is smaller; the secret split only where there is one."""
    errors = measure(Line(2), HeldOutSplit(images=ROWS[5:], labels=ROWS[5:, 0] + 1))

    assert {split: (each.mae, each.mse) for split, each in errors.items()} == {
        "train": (4.5, 28.5),
        "test": (1.0, pytest.approx(5 / 3)),
        "held_out": (6.0, 38.0),
    }
    assert measure(Line(1)).keys() == {"train", "test"}


def test_one_number_for_each_row_is_needed():
    """A vector will do; several scores for a row won't."""
    assert measure(Line(1, (-1,)))["train"].mae == 0
    with pytest.raises(ValueError, match="one number for each row"):
        measure(Line(np.ones((1, 2)), (-1, 2)))


@pytest.mark.parametrize("slope", [np.nan, np.inf])
def test_a_model_that_diverged_is_beyond_any_line(slope):
    with np.errstate(all="ignore"):
        assert measure(Line(slope))["train"].mae == MAX_ERROR
