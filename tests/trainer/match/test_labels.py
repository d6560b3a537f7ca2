from __future__ import annotations

import numpy as np
import pytest

from grader.trainer.match.comparison import normalize_labels

Y = np.array([5, 0, 4, 1, 9, 3])
FORMS = {
    "bytes": (Y.astype(np.uint8), ""),
    "floats": (Y.astype(np.float32), ""),
    "column": (Y[:, None], ""),
    "one-hot": (np.eye(10, dtype=np.float32)[Y], "one-hot labels"),
    "one-hot of 11 classes": (np.eye(11)[Y], "one-hot labels"),
    "one-hot with an axis": (np.eye(10)[Y][:, None], "one-hot labels"),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    """Labels are read in every usual form."""
    y, words = FORMS[form]
    labels, found = normalize_labels(y, len(Y), 10)

    assert (Y.tolist(), words) == (labels.tolist(), found)


ODD = {
    "labels / 255": Y / 255,
    "labels / 10": (Y / 10).astype(np.float32),
    "labels that are not whole numbers from 0 to 9": Y + 0.5,
    "labels of the shape (10,) that are not one-hot": np.full((6, 10), 0.1),
    "labels of the shape (28, 28)": np.zeros((6, 28, 28)),
    "no labels": np.zeros((6, 0)),
}


@pytest.mark.parametrize("words", ODD)
def test_odd_labels(words: str) -> None:
    """Labels that are none are said to be, and what was done to them."""
    labels, found = normalize_labels(ODD[words], len(Y), 10)

    assert words == found
    assert (labels[Y > 0] == -1).all()


def test_some_odd_labels() -> None:
    """One label that is no class, or is missing, is -1; the others stay."""
    labels, words = normalize_labels(np.array([1, 2.5, np.nan, np.inf, 12, 3, 4, 5, 6, 7]), 11, 10)

    assert (labels.tolist(), words) == ([1, -1, -1, -1, -1, 3, 4, 5, 6, 7, -1], "")


def test_no_array() -> None:
    """A single number is no labels."""
    assert (normalize_labels(np.float32(1.0), 2, 10)[0].tolist(), "no labels") == ([-1, -1], "no labels")
