"""Arrays that an order names instead of sending them."""

import msgspec
import pytest

from grader.protocol.arrays import ArraySpec, OrderedSpec, check_same_form, is_all_held

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

    assert is_all_held([HELD, named], [HELD]) == held
    assert is_all_held([named], []) == (named.digest is None)


@pytest.mark.parametrize("digest", ["", "ab", "AB" * 32, "ab" * 32 + "\n", "../" + "a" * 61, 7])
def test_what_is_no_digest_is_refused(digest):
    """64 hexadecimal digits, and nothing else."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"dtype": "uint8", "shape": [1], "digest": digest}, OrderedSpec)


def spec(role, *shape):
    return ArraySpec(dtype="float32", shape=list(shape), role=role)


FIRST = [spec("x", 60, 28, 28), spec("y", 60), spec("val_x", 9, 28, 28), spec("val_y", 9)]


@pytest.mark.parametrize(
    ("later", "words"),
    [
        ([spec("x", 5, 28, 28), spec("y", 5)], None),
        ([spec("x", 60, 14, 14, 1), spec("y", 60)], None),
        ([spec("x", 60, 28, 28)], "now x"),
        ([spec("x", 60, 28, 28), spec("x", 60, 28, 28), spec("y", 60)], "now x, x, y of the shape (batch)"),
        ([spec("x", 60, 28, 28), spec("y", 60, 10)], "now x, y of the shape (batch, 10)"),
        ([spec("x", 60, 28, 28), spec("y", 60), spec("sample_weight", 60)], "now x, y of the shape (batch), sample_weight"),
    ],
)
def test_a_later_epoch_brings_labels_and_weights_as_the_first_did(later, words):
    """What the accuracy counts was told from that one; the number and size of images may differ."""
    if words is None:
        check_same_form(FIRST, later)
        return
    with pytest.raises(ValueError, match="in another form than before") as raised:
        check_same_form(FIRST, later)
    assert str(raised.value).endswith(f": first x, y of the shape (batch), {words}")
