"""Return values as plain data."""

import math

import numpy as np
import pytest

from grader.student.front import to_plain_data


class LyingFloat(float):
    def __float__(self):
        return 0.999

    def __gt__(self, other):
        return True


class History:
    epoch = (0, 1)

    def __init__(self, history):
        self.history = history


class Anything:
    def __repr__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (([0, 1], 0.5), [[0, 1], 0.5]),
        ((range(2), np.float32(0.5)), [[0, 1], 0.5]),
        (np.arange(3), [0, 1, 2]),
        (None, None),
        (True, True),
        (2**70, {"type": "int", "text": "too large"}),
        (Anything(), {"type": "Anything"}),
        ({1: "a"}, {"1": "a"}),
        (History({"loss": [0.5]}), {"type": "History", "epoch": [0, 1], "history": {"loss": [0.5]}}),
        (History("mine"), {"type": "History"}),
        ({3, 4}, {"type": "set"}),
        (list(range(10_001)), {"type": "list"}),
    ],
)
def test_values_cross_as_plain_data(value, expected):
    """Numbers, text and lists cross as they are; anything else by its class's name."""
    assert to_plain_data(value) == expected


def test_nested_beyond_bound_is_cut():
    """A list that holds itself ends."""
    loop = []
    loop.append(loop)

    assert "type" in str(to_plain_data(loop))


def test_lists_of_lists_are_cut_where_they_become_too_many():
    """What is small in each of its parts may still be endless as a whole."""
    value = to_plain_data([[0.5] * 9_000 for _ in range(9)])

    assert [type(row) for row in value] == [list] * 5 + [dict] * 4
    assert value[-1] == {"type": "list"}


def test_a_subclass_of_float_crosses_as_a_float():
    """What crosses has exactly the plain types."""
    assert type(to_plain_data(LyingFloat(0.1))) is float
    assert math.isnan(to_plain_data(float("nan")))
