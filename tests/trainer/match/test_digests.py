"""Digests that are taken once."""

import numpy as np

from grader.trainer.match.digests import DigestCache, compute_array_digest


def test_a_digest_tells_content_type_and_shape():
    """Arrays have one digest exactly where all three are equal."""
    zeros = np.zeros((2, 3), "float32")
    others = [np.zeros(6, "float32"), np.zeros((2, 3), "int32"), np.eye(2, 3, dtype="float32")]

    assert compute_array_digest(zeros) == compute_array_digest(np.zeros((3, 2), "float32").T)
    assert len({compute_array_digest(array) for array in (zeros, *others)}) == 4


def test_an_array_is_digested_once():
    """Until it is forgotten, which who writes into it must see to."""
    digests, array = DigestCache(), np.zeros(3)
    before = digests.compute_digest(array)
    array[0] = 1

    assert before == digests.compute_digest(array)
    digests.drop_digest(array)
    assert compute_array_digest(array) == digests.compute_digest(array) != before


def test_another_array_at_the_same_place_is_another():
    """What is known of an array goes with it."""
    digests = DigestCache()
    for value in range(100):
        array = np.full(3, value)
        assert compute_array_digest(array) == digests.compute_digest(array)
        del array

    assert not digests._known
