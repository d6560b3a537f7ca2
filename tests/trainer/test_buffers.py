"""Memory that goes from one submission's arrays to the next one's."""

import numpy as np

from grader.arrays import ArraySpec
from grader.trainer.buffers import LEAST_BYTES, MOST_BYTES, Buffers

LARGE = ArraySpec(dtype="float32", shape=[LEAST_BYTES // 2, 1])


def place(array):
    return array.__array_interface__["data"][0]


def sized(nbytes):
    return ArraySpec(dtype="uint8", shape=[nbytes])


def test_memory_that_nobody_holds_is_lent_again():
    """The next array lies where the last one lay, in the dtype and shape that are asked for."""
    buffers = Buffers()
    first = place(buffers.array(LARGE))

    second = buffers.array(ArraySpec(dtype="uint16", shape=[LEAST_BYTES - 50, 1]))

    assert (first, "uint16", (LEAST_BYTES - 50, 1)) == (place(second), second.dtype.name, second.shape)
    assert second.flags.writeable


def test_memory_that_is_held_stays_as_it_is():
    """A view of a view, or its bytes, are enough to keep an array from being written over."""
    buffers = Buffers()
    for held in (lambda array: array[3:].reshape(-1)[::2], lambda array: array.reshape(-1).data):
        array = buffers.array(LARGE)
        array[:] = 1
        kept = held(array)
        del array

        other = buffers.array(LARGE)
        other[:] = 2

        assert np.all(np.asarray(kept) == 1)
        del kept, other


def test_memory_that_does_not_fit_goes():
    """Neither is more lent than twice what is asked for, nor kept beside what takes its place."""
    buffers = Buffers()
    buffers.array(sized(5 * LEAST_BYTES))
    buffers.array(sized(LEAST_BYTES))

    assert [buffer.memory.nbytes for buffer in buffers._kept] == [LEAST_BYTES]


def test_little_memory_is_kept():
    """What is small, or more than the bound together with the rest, goes back to the system."""
    buffers = Buffers()
    arrays = [buffers.array(sized(nbytes)) for nbytes in (LEAST_BYTES - 1, MOST_BYTES - LEAST_BYTES, 2 * LEAST_BYTES)]

    assert [array.nbytes for array in arrays] == [LEAST_BYTES - 1, MOST_BYTES - LEAST_BYTES, 2 * LEAST_BYTES]
    assert [buffer.memory.nbytes for buffer in buffers._kept] == [MOST_BYTES - LEAST_BYTES]
