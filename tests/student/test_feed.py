"""What `fit` was given, as it is sent."""

import warnings

import numpy as np
import pytest

from grader.protocol.arrays import OrderedSpec

pytestmark = pytest.mark.keras


def sent(array):
    """The bytes of one array, and its spec."""
    from grader.student.feed import Cargo

    cargo = Cargo()
    cargo.add_arrays("x", array)
    return b"".join(cargo.iter_portions()), cargo.specs[0]


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (np.random.default_rng(1).random((70_000, 9)), "float32"),
        (np.random.default_rng(1).random((9, 70_000)).T, "float32"),
        (np.arange(300_000, dtype="uint8").reshape(-1, 3)[::2], "uint8"),
        (np.arange(10, dtype=">u2"), "uint16"),
        (np.float16(0.1), "float32"),
        (np.longdouble("0.1"), "float32"),
        (np.empty((0, 5)), "float32"),
        (np.empty((5, 0)), "float32"),
        (np.array([1, 2.5], object), "float32"),
    ],
)
def test_arrays_are_sent_as_keras_casts_them(given, dtype):
    """Bit by bit they are the whole array, cast, in C order."""
    whole = np.ascontiguousarray(np.asarray(given).astype(dtype))

    data, spec = sent(given)

    assert (dtype, list(whole.shape)) == (spec.dtype, spec.shape)
    assert whole.tobytes() == data


def test_no_portion_is_large():
    """Of an array that is cast, little is there twice."""
    from grader.student.feed import PORTION_VALUES, Cargo

    cargo = Cargo()
    cargo.add_arrays("x", np.zeros((4, PORTION_VALUES // 2)))

    assert [portion.nbytes for portion in cargo.iter_portions()] == [4 * PORTION_VALUES] * 2


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.random.default_rng(1).random((700, 90)), np.float32),
        (np.random.default_rng(1).random((90, 700)).T, np.float32),
        (np.arange(3000, dtype=">u2").reshape(-1, 3)[::2], np.uint16),
        (np.zeros((4, 5), bool), np.bool_),
        (np.empty((0, 5)), np.float32),
    ],
)
def test_what_the_trainer_holds_is_named_and_not_sent(given, kept):
    """Where content, type and shape are the same; all else is sent."""
    from grader.student.feed import Cargo
    from grader.trainer.match.digests import compute_array_digest

    def spec(array):
        return OrderedSpec(dtype=array.dtype.name, shape=list(array.shape), digest=compute_array_digest(array))

    cargo = Cargo()
    cargo.add_arrays("x", [given, given + np.ones_like(given), given.reshape(-1)])
    cargo.add_arrays("val_x", given)
    whole = given.astype(kept)
    cargo.skip_held([spec(whole), spec(np.ones(3))])

    assert [one.digest for one in cargo.specs] == [
        compute_array_digest(whole),
        cargo.specs[1].digest,
        None,
        compute_array_digest(whole),
    ]
    assert (cargo.specs[1].digest is None) == bool(given.size)
    follow = [(given + np.ones_like(given)).astype(kept).tobytes(), whole.tobytes()]
    assert b"".join(cargo.iter_portions()) == b"".join(follow)


def test_other_data_is_refused():
    """Words are no numbers."""
    with pytest.raises(ValueError, match="data of type <U1 can't be trained on; use numbers"):
        sent(np.array(["a"]))


def test_what_a_student_wants_to_be_raised_is_raised_before_anything_is_sent():
    """Whether NumPy or `warnings` was told to raise, a number beyond the float's does so when the array is added."""
    from grader.student.feed import Cargo

    large = np.array([1e300])
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow encountered in cast"):
        Cargo().add_arrays("x", large)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="overflow encountered in cast"):
            Cargo().add_arrays("x", large)


@pytest.mark.parametrize("steps", [None, 3])
def test_a_generator_of_images_has_a_length(steps):
    """`ImageDataGenerator.flow` gives batches for ever when it is asked for the next one; an epoch of `fit` is one pass."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    from grader.student.feed import Pipeline

    images = np.arange(10, dtype="float32").reshape(10, 1, 1, 1)
    pipeline = Pipeline(ImageDataGenerator().flow(images, np.arange(10), batch_size=4, shuffle=False), steps)
    drawn = [pipeline.draw_epoch() for _ in range(2)]

    assert [rows for _, rows in drawn] == [[4, 4, 2]] * 2


@pytest.mark.parametrize(("named", "names"), [(True, ["a", "b"]), (False, None)])
def test_a_pipelines_inputs_keep_their_names(named, names):
    """Keras finds a model's inputs by them; the arrays come in the order of the names."""
    import tensorflow as tf

    from grader.student.feed import Pipeline

    parts = np.zeros((6, 2), "float32"), np.ones((6, 3), "float32")
    x = {"b": parts[1], "a": parts[0]} if named else parts
    pipeline = Pipeline(tf.data.Dataset.from_tensor_slices((x, np.arange(6))).batch(4), None)
    cargo, rows = pipeline.draw_epoch()

    assert (pipeline.names, rows) == (names, [4, 2])
    assert [list(spec.shape) for spec in cargo.specs if spec.role == "x"] == [[6, 2], [6, 3]]
