"""Arrays that stay in the trainer."""

import numpy as np
import pytest

from grader.trainer.digests import Digests
from grader.trainer.held import LEAST_BYTES, MOST_BYTES, Held, offered


def filled(value, nbytes=LEAST_BYTES):
    return np.full(nbytes, value, np.uint8)


def test_what_is_held_is_offered_and_given():
    """Under the digest of its content, once, and protected from being written into."""
    held, array = Held(Digests()), np.zeros((LEAST_BYTES // 4, 1), np.float32)
    held.hold(array)
    held.hold(array.copy())

    [spec] = offered(held.now())

    assert (spec.dtype, spec.shape, spec.digest) == ("float32", [LEAST_BYTES // 4, 1], Digests().of(array))
    assert held.now()[spec.digest] is array
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_what_is_small_is_not_held():
    """To send it is quicker."""
    held = Held(Digests())
    held.hold(filled(1, LEAST_BYTES - 1))

    assert not held.now()


def test_the_oldest_go_where_it_is_too_much():
    """What was used again counts as new; what alone is too much pushes out nothing."""
    held = Held(Digests())
    for value, nbytes in ((1, MOST_BYTES // 2), (2, MOST_BYTES // 3), (1, MOST_BYTES // 2), (3, MOST_BYTES // 4)):
        held.hold(filled(value, nbytes))
    held.hold(np.broadcast_to(np.uint8(4), MOST_BYTES + 1))

    assert [array[0] for array in held.now().values()] == [1, 3]


def test_one_array_in_two_shapes_counts_once():
    """As it takes memory once."""
    held = Held(Digests())
    array = filled(1, 2 * MOST_BYTES // 3)
    held.hold(array)
    held.hold(array.reshape(2, -1))

    assert [each.shape for each in held.now().values()] == [array.shape, (2, len(array) // 2)]


def test_what_was_offered_stays_for_who_was_told_of_it():
    """Whatever is held in its place meanwhile."""
    held = Held(Digests())
    held.hold(filled(1, MOST_BYTES // 2))
    before = held.now()
    held.hold(filled(2, MOST_BYTES))

    assert [array[0] for array in before.values()] == [1]
    assert [array[0] for array in held.now().values()] == [2]
