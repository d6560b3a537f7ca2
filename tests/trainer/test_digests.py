"""Digests that are taken once."""

import numpy as np

from grader.trainer.digests import Digests, digest


def test_a_digest_tells_content_type_and_shape():
    """Arrays have one digest exactly where all three are equal."""
    zeros = np.zeros((2, 3), "float32")
    others = [np.zeros(6, "float32"), np.zeros((2, 3), "int32"), np.eye(2, 3, dtype="float32")]

    assert digest(zeros) == digest(np.zeros((3, 2), "float32").T)
    assert len({digest(array) for array in (zeros, *others)}) == 4


def test_an_array_is_digested_once():
    """Until it is forgotten, which who writes into it must see to."""
    digests, array = Digests(), np.zeros(3)
    before = digests.of(array)
    array[0] = 1

    assert before == digests.of(array)
    digests.forget(array)
    assert digest(array) == digests.of(array) != before


def test_another_array_at_the_same_place_is_another():
    """What is known of an array goes with it."""
    digests = Digests()
    for value in range(100):
        array = np.full(3, value)
        assert digest(array) == digests.of(array)
        del array

    assert not digests._known
