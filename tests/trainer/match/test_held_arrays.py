"""Arrays that stay in the trainer."""

import numpy as np
import pytest

from grader.trainer.match.digests import MAX_HELD_BYTES, MIN_ARRAY_BYTES, DigestCache, HeldArrays, list_offered_specs


def filled(value, nbytes=MIN_ARRAY_BYTES):
    return np.full(nbytes, value, np.uint8)


def test_what_is_held_is_offered_and_given():
    """Under the digest of its content, once, and protected from being written into."""
    held, array = HeldArrays(DigestCache()), np.zeros((MIN_ARRAY_BYTES // 4, 1), np.float32)
    held.keep_array(array)
    held.keep_array(array.copy())

    [spec] = list_offered_specs(held.copy_held())

    assert (spec.dtype, spec.shape, spec.digest) == (
        "float32",
        [MIN_ARRAY_BYTES // 4, 1],
        DigestCache().compute_digest(array),
    )
    assert held.copy_held()[spec.digest] is array
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_what_is_small_is_not_held():
    """To send it is quicker."""
    held = HeldArrays(DigestCache())
    held.keep_array(filled(1, MIN_ARRAY_BYTES - 1))

    assert not held.copy_held()


def test_the_oldest_go_where_it_is_too_much():
    """What was used again counts as new; what alone is too much pushes out nothing."""
    held = HeldArrays(DigestCache())
    for value, nbytes in (
        (1, MAX_HELD_BYTES // 2),
        (2, MAX_HELD_BYTES // 3),
        (1, MAX_HELD_BYTES // 2),
        (3, MAX_HELD_BYTES // 4),
    ):
        held.keep_array(filled(value, nbytes))
    held.keep_array(np.broadcast_to(np.uint8(4), MAX_HELD_BYTES + 1))

    assert [array[0] for array in held.copy_held().values()] == [1, 3]


def test_one_array_in_two_shapes_counts_once():
    """As it takes memory once."""
    held = HeldArrays(DigestCache())
    array = filled(1, 2 * MAX_HELD_BYTES // 3)
    held.keep_array(array)
    held.keep_array(array.reshape(2, -1))

    assert [each.shape for each in held.copy_held().values()] == [array.shape, (2, len(array) // 2)]


def test_what_was_offered_stays_for_who_was_told_of_it():
    """Whatever is held in its place meanwhile."""
    held = HeldArrays(DigestCache())
    held.keep_array(filled(1, MAX_HELD_BYTES // 2))
    before = held.copy_held()
    held.keep_array(filled(2, MAX_HELD_BYTES))

    assert [array[0] for array in before.values()] == [1]
    assert [array[0] for array in held.copy_held().values()] == [2]
