"""Arrays that an order names instead of sending them."""

import msgspec
import pytest

from grader.arrays import OrderedSpec, all_held

HELD = OrderedSpec(dtype="float32", shape=[60, 28, 28], digest="ab" * 32)


def test_of_a_named_array_nothing_follows():
    """It counts as large as it is all the same."""
    sent = msgspec.structs.replace(HELD, digest=None)

    assert (HELD.follows, sent.follows) == (0, 60 * 28 * 28 * 4)
    assert HELD.nbytes == sent.nbytes


@pytest.mark.parametrize(
    ("changed", "held"),
    [
        ({}, True),
        ({"role": "val_x"}, True),
        ({"digest": None, "shape": [3]}, True),
        ({"digest": "ab" * 31 + "ac"}, False),
        ({"dtype": "int32"}, False),
        ({"shape": [60, 784]}, False),
        ({"shape": [28, 28, 60]}, False),
    ],
)
def test_only_what_is_held_may_be_named(changed, held):
    """By its digest, its type and its shape, for whatever purpose."""
    named = msgspec.structs.replace(HELD, **changed)

    assert all_held([HELD, named], [HELD]) == held
    assert all_held([named], []) == (named.digest is None)


@pytest.mark.parametrize("digest", ["", "ab", "AB" * 32, "ab" * 32 + "\n", "../" + "a" * 61, 7])
def test_what_is_no_digest_is_refused(digest):
    """64 hexadecimal digits, and nothing else."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"dtype": "uint8", "shape": [1], "digest": digest}, OrderedSpec)
