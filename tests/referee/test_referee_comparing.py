"""What the referee takes for right, and how it tells what isn't."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.protocol.values import OpaqueValue, UnreadArray
from grader.referee.comparing import find_difference
from grader.referee.showing import MAX_TEXT_CHARS, format_call, format_value

ONE = np.array([[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (5, 5.0),
        (5, np.array(5, "uint8")),
        (5.0, 5),
        ((26, 13), [26, 13]),
        ([26, 13], np.array([26, 13])),
        ([26, [1.5]], (np.array(26), (1.5,))),
        (True, True),
        (True, np.array(True)),
        ("a", "a"),
        (None, None),
        (float("nan"), float("nan")),
        (ONE, ONE.astype("float32")),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf])),
        (np.zeros((0, 3)), np.zeros((0, 3), int)),
    ],
)
def test_these_are_the_same(expected, got):
    """Numbers are compared by value, lists and tuples alike, NaN with NaN."""
    assert find_difference(expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got", "what"),
    [
        (5, 6, "your function gives 6 instead of 5"),
        (5, None, "your function gives nothing (None) instead of a number"),
        (5, True, "your function gives true or false instead of a number"),
        (True, 1, "your function gives a number instead of true or false"),
        (5, "5", "your function gives text instead of a number"),
        (5, [5], "your function gives a list instead of a number"),
        (5, OpaqueValue("Liar"), "your function gives an object of class Liar instead of a number"),
        (5, ONE, "your function gives an array of shape (2, 2) instead of a number"),
        ((1, 2), 1, "your function gives a number instead of a tuple"),
        ([1, 2], [1], "your function gives 1 value instead of 2"),
        ([1, 2], [1, 2, 3], "your function gives 3 values instead of 2"),
        ([1, [2]], [1, [3]], "at [1] your function gives [3] instead of [2]"),
        (None, 0, "your function gives a number instead of nothing (None)"),
        ("a", "b", "your function gives 'b' instead of 'a'"),
        (ONE, ONE.tolist(), "your function gives a list instead of an array of numbers"),
        (ONE, None, "your function gives nothing (None) instead of an array of numbers"),
        (ONE, ONE[:1], "your function gives an array of shape (1, 2) instead of (2, 2)"),
        (ONE, np.array(1), "your function gives an array of shape () instead of (2, 2)"),
        (ONE, UnreadArray("float64", (9999, 9999)), "your function gives an array of shape (9999, 9999) instead of (2, 2)"),
        (ONE, np.array([[1, 2], [0, 4]]), "at [1, 0] your function gives 0 instead of 3 (1 of 4 values differs)"),
        (np.array([1.0]), np.array([np.nan]), "at [0] your function gives nan instead of 1.0"),
    ],
)
def test_each_difference_has_its_words(expected, got, what):
    """The words say what came and what is right."""
    assert find_difference(expected, got).what == what


@pytest.mark.parametrize(
    ("expected", "got", "hint"),
    [
        (ONE, ONE.T, "exchanged"),
        (np.array([255, 0]), np.array([255, 256]), "wrapped round: bring them into the range"),
        (np.array([-5, 300]), np.array([251, 44]), "wrapped round: an array of a larger type"),
        (np.array([2.0, 3.0]), np.array([2.4, 3.0]), "rounded"),
        (np.array([2, 3]), np.array([2.4, 3.0]), "Your array holds fractions"),
        (np.zeros((5, 6)), np.zeros((3, 4)), "Your result has no margin: 2 rows and 2 columns fewer"),
        (np.zeros((5, 6)), np.zeros((9, 10)), "has a margin too many: 4 rows and 4 columns more"),
        (ONE, None, "End it with `return`"),
        (ONE, ONE.tolist(), "np.array"),
        (ONE, OpaqueValue("tensorflow.EagerTensor"), ".numpy()"),
    ],
)
def test_well_known_mistakes_are_recognised(expected, got, hint):
    """Exchanged axes, overflow, rounding, lists and tensors have a hint of their own."""
    assert hint in find_difference(expected, got).hint


def test_a_tolerance_has_an_end():
    """What lies within counts as right, what lies beyond doesn't, also between unsigned numbers."""
    right, near, far = np.array([10, 200], "uint8"), np.array([9, 201], "uint8"), np.array([8, 200], "uint8")

    assert find_difference(right, near, tolerance=1) is None
    assert find_difference(right, far, tolerance=1).at == (0,)
    assert find_difference(0.3, 0.1 + 0.2, tolerance=1e-9) is None


@given(hnp.arrays("int64", hnp.array_shapes(max_dims=3, max_side=12), elements=st.integers(-999, 999)), st.data())
def test_a_single_wrong_value_is_found_and_shown(array, data):
    """Wherever one value differs, the place is named and both texts hold it."""
    at = tuple(data.draw(st.integers(0, side - 1)) for side in array.shape)
    wrong = array.copy()
    wrong[at] += 5000

    found = find_difference(array, wrong)

    assert found.at == at
    assert str(wrong[at]) in found.got
    assert str(array[at]) in found.expected


@pytest.mark.parametrize("shape", [(512, 512), (300, 200, 3), (5, 28, 28, 1), (2000,), (2, 2, 2, 2, 20)])
def test_large_arrays_are_shown_around_the_place(shape):
    """A window that names its rows and columns, short enough for a report."""
    text = format_value(np.arange(np.prod(shape)).reshape(shape), tuple(side - 1 for side in shape))

    assert str(np.prod(shape) - 1) in text
    assert len(text) <= MAX_TEXT_CHARS


def test_an_empty_array_is_told_by_its_shape():
    """An empty list in brackets would tell nothing."""
    assert format_value(np.zeros((0, 3))) == "an empty array of shape (0, 3)"


def test_a_case_shows_each_argument():
    """As they would stand in a call, floats short."""
    assert (
        format_call(["image", "pair", "weight"], (ONE, (1, 2), 1 / 3))
        == "image = [[1, 2],\n         [3, 4]]\npair = (1, 2)\nweight = 0.333333"
    )


def test_arrays_are_shown_row_by_row():
    """Columns below each other; of three axes the slice with the place, of a large array a window around it."""
    image = np.arange(27).reshape(3, 3, 3)

    assert format_value(np.array([[1, 20], [3, 4]])) == "[[1, 20],\n [3,  4]]"
    assert format_value(image, (1, 2, 1)) == "[:, :, 1] of 3 × 3 × 3:\n[[ 1,  4,  7],\n [10, 13, 16],\n [19, 22, 25]]"
    assert format_value(np.zeros((20, 9), int), (19, 0)) == "[18:20, 0:2] of 20 × 9:\n[[0, 0],\n [0, 0]]"
    assert format_call(["image"], (image,), (0, 0, 2)).startswith("image[:, :, 2] of 3 × 3 × 3 = [[ 2,")
