"""Values as plain data and arrays, sealed and opened."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.protocol.arrays import ITEM_SIZES
from grader.protocol.values import MAX_ITEMS, OpaqueValue, UnreadableValue, ValueEncoder, decode_value, is_same_value

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple),
    max_leaves=20,
)
ARRAYS = st.sampled_from(sorted(ITEM_SIZES)).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)


def through(value):
    seal = ValueEncoder()
    return decode_value(seal.encode_value(value), seal.arrays)


@given(PLAIN)
def test_plain_values_come_back_as_they_went(value):
    """Numbers, text, None, lists and tuples arrive unchanged."""
    assert is_same_value(value, through(value))


@given(ARRAYS)
def test_arrays_come_back_bit_for_bit(array):
    """Arrays of every type that can cross arrive unchanged, in the order of a contiguous array."""
    for each in (array, array.T, array.astype(array.dtype.newbyteorder(">"))):
        seal = ValueEncoder()
        value = decode_value(seal.encode_value((each, 1)), seal.arrays)[0]

        assert np.array_equal(value, each, equal_nan=each.dtype.kind == "f")
        assert [len(buffer) * buffer.itemsize for buffer in seal.buffers] == [spec.nbytes for spec in seal.specs]


class Liar(int):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Flattering(np.ndarray):
    pass


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Liar(3), "an object of class test_referee_values.Liar"),
        (np.zeros(3).view(Flattering), "an object of class test_referee_values.Flattering"),
        (np.ma.masked_array([1]), "an object of class numpy.ma.MaskedArray"),
        (object(), "an object of class object"),
        (np.zeros(2, complex), "an array of complex128"),
        (np.array([None]), "an array of object"),
        ({1: 2}, "an object of class dict"),
        (2**70, "an object of class int of more than 64 bits"),
    ],
)
def test_what_is_no_plain_value_is_named(value, name):
    """Subclasses and objects don't cross, whatever they say of themselves."""
    assert str(through(value)) == name


def test_endless_values_are_cut():
    """A list that holds itself, and one that is too long, end somewhere."""
    endless: list = []
    endless.append(endless)

    assert "too long or too deeply nested" in repr(through(endless))
    assert "too long or too deeply nested" in repr(through([0] * (MAX_ITEMS + 1))[-1])


@pytest.mark.parametrize("value", [{"array": 1}, {"array": -1}, {"array": 0, "x": 1}, {"x": 1}, {}, b"", {"tuple": 3}])
def test_only_what_sealing_makes_is_opened(value):
    """Anything else in a message is refused."""
    with pytest.raises(UnreadableValue, match=type(value).__name__):
        decode_value(value, [np.zeros(1)])


def test_an_array_that_cant_be_sent_is_told_from_a_class_by_a_field():
    """A class may be called anything, "array of x" too."""
    strange = ValueEncoder().encode_value(np.array([None]))
    forged = ValueEncoder().encode_value(type("array of x", (), {})())

    assert str(decode_value(strange, [])) == "an array of object"
    assert str(decode_value(forged, [])).startswith("an object of class ")


def test_a_name_is_bounded():
    """An object's name can't be endless."""
    assert decode_value({"object": "x" * 9999}, []) == OpaqueValue("x" * 2000)


def test_types_count_when_values_are_compared():
    """1, 1.0 and True differ, as do lists and tuples and arrays of two types."""
    different = [1, 1.0, True, "1", None, [1], (1,), np.array([1]), np.array([1.0]), np.array([[1]])]

    assert [(a, b) for a in different for b in different if is_same_value(a, b) != (a is b)] == []
