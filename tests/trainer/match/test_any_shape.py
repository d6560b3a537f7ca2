"""Images of any size, grey or in colours, drawings or photographs, are found as MNIST's are."""

import hashlib

import numpy as np
import pytest
from dataset_samples import pack

from grader.protocol.datasets import DatasetDescription, DatasetSource, Splits
from grader.trainer.match.comparison import match_arrays

F32 = np.float32
COUNT = 240
SHAPES = {"small": (9, 7), "one channel": (12, 12, 1), "colours": (10, 14, 3)}
MEANS, DEVIATIONS = np.array([0.4, 0.5, 0.6]), np.array([0.2, 0.3, 0.25])
PREPARED = {
    "raw": lambda x: x,
    "scaled": lambda x: (x / 255).astype(F32),
    "inverted": lambda x: ((127.5 - x) / 127.5).astype(F32),
    "flat": lambda x: (x / 255).astype(F32).reshape(len(x), -1),
    "framed": lambda x: np.pad(x, ((0, 0), (2, 1), (3, 3), *[(0, 0)] * (x.ndim - 3))),
    "channels in front": lambda x: np.moveaxis((x / 255).astype(F32), -1, 1) if x.ndim == 4 else x,
    "each channel by itself": lambda x: ((x / 255 - MEANS) / DEVIATIONS).astype(F32) if x.shape[-1] == 3 else x,
}


@pytest.fixture(
    scope="module", params=[(shape, ground) for shape in SHAPES for ground in ("black", "photographs")], ids="-".join
)
def dataset(request, tmp_path_factory):
    """The source, and the images and labels of its training split."""
    (name, ground), random = request.param, np.random.default_rng(4)
    shape = SHAPES[name]

    def draw(count):
        images = random.integers(60, 200, (count, *shape))
        return (images * (random.random(images.shape) < 0.4) if ground == "black" else images).astype(
            np.uint8
        ), random.integers(0, 3, count)

    (x, y), (x_test, y_test) = draw(COUNT), draw(40)
    folder = tmp_path_factory.mktemp("own")
    data = pack(x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    (folder / "own.npz").write_bytes(data)
    about = DatasetDescription(
        schema="grade-dataset/1", id="own", title="Own", licence="CC0-1.0", shape=shape, classes=("a", "b", "c"),
        splits=Splits(train=COUNT, test=40), file="own.npz", sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    return DatasetSource(about=about, folder=str(folder)), x, y


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("how", PREPARED)
def test_each_image_is_found_and_made_again(dataset, how, shuffled):
    """In any order; what was done to it is known well enough to do it to others."""
    source, x, y = dataset
    order = np.random.default_rng(5).permutation(COUNT) if shuffled else np.arange(COUNT)
    given = np.ascontiguousarray(PREPARED[how](x[order]))

    found = match_arrays(given, y[order].reshape(-1, 1).astype(F32), source)

    np.testing.assert_array_equal(found.source, order)
    assert (found.dataset, len(found.labels_wrong_at), found.exact) == ("own", 0, True)
    np.testing.assert_array_equal(found.transform(x[order]), given.astype(F32))


@pytest.mark.parametrize("place", ["corner", "everywhere"])
def test_a_hidden_label_makes_an_image_unknown(dataset, place):
    """In one pixel, or as a faint shade: it is no image of the dataset any more."""
    source, x, y = dataset
    given = (x / 255).astype(F32).reshape(COUNT, -1)
    marked = y == 1
    if place == "corner":
        given[marked, 0] = 0.5
    else:
        given[marked] += F32(1e-3)

    found = match_arrays(given, y, source)

    assert (found.source[marked] == -1).all()
    np.testing.assert_array_equal(found.source[~marked], np.flatnonzero(~marked))


def test_a_label_in_the_last_bits_is_written_over(dataset):
    """What is within rounding may be found, but then it isn't trained on: each value of a place becomes one number."""
    source, x, y = dataset
    given = (x / 255).astype(F32).reshape(COUNT, -1)
    given[y == 1] += F32(1e-6)

    found = match_arrays(given, y, source)
    written = found.rewrite_inexact_images(given.copy())

    np.testing.assert_array_equal(found.source, np.arange(COUNT))
    assert not found.exact
    for values, numbers in zip(x.reshape(COUNT, -1).T, written.T, strict=True):
        assert len(set(zip(values.tolist(), numbers.tolist(), strict=True))) == len(np.unique(values))


def test_standardised_places_hold_to_the_last_places(dataset):
    """Averages can't be exact, so such images are written anew before they are trained on."""
    source, x, y = dataset
    given = ((x - x.mean(0)) / x.std(0)).astype(F32)

    found = match_arrays(given, y, source)

    np.testing.assert_array_equal(found.source, np.arange(COUNT))
    assert not found.exact
    np.testing.assert_allclose(found.rewrite_inexact_images(given.copy()), given, rtol=1e-4, atol=1e-5)


def test_an_equal_image_of_another_label_goes_to_its_own(tmp_path):
    """Labels of three classes: one-hot rows, and what isn't a class."""
    x = np.arange(8 * 30, dtype=np.uint8).reshape(8, 5, 6)
    y = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    data = pack(x_train=x[:6], y_train=y[:6], x_test=x[6:], y_test=y[6:])
    (tmp_path / "own.npz").write_bytes(data)
    about = DatasetDescription(
        schema="grade-dataset/1", id="own", title="Own", licence="CC0-1.0", shape=(5, 6), classes=("a", "b", "c"),
        splits=Splits(train=6, test=2), file="own.npz", sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    source = DatasetSource(about=about, folder=str(tmp_path))

    hot = match_arrays(x, np.eye(3)[y], source)
    odd = match_arrays(x, np.where(y == 2, 3, y), source)

    assert (hot.source.tolist(), hot.labels_wrong_at.tolist(), "one-hot" in hot.preprocessing) == (
        [*range(8)],
        [],
        True,
    )
    assert odd.labels_wrong_at.tolist() == [2, 5]
    assert (hot.build_data_match().train, hot.build_data_match().test) == (6, 2)


def test_pixel_values_that_a_sample_hardly_shows_are_learned_from_all_images(tmp_path):
    """Each image has a value of its own, as drawings of few pixels have; an odd image stays unknown."""
    random = np.random.default_rng(6)
    x, y = np.zeros((900, 8, 8), np.uint8), random.integers(0, 3, 900)
    for number, image in enumerate(x):
        image.reshape(-1)[random.choice(64, 9, replace=False)] = 100 + number // 6
    data = pack(x_train=x[:800], y_train=y[:800], x_test=x[800:], y_test=y[800:])
    (tmp_path / "own.npz").write_bytes(data)
    about = DatasetDescription(
        schema="grade-dataset/1", id="own", title="Own", licence="CC0-1.0", shape=(8, 8), classes=("a", "b", "c"),
        splits=Splits(train=800, test=100), file="own.npz", sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    given = (x[:800] / 255).astype(F32)
    given[700, 0, 0] = 0.123

    found = match_arrays(given, y[:800], DatasetSource(about=about, folder=str(tmp_path)))

    assert np.flatnonzero(found.source != np.arange(800)).tolist() == [700]


SCALED = {
    "raw": lambda x: x,
    "each image by itself": lambda x: (x / x.max(axis=(1, 2), keepdims=True)).astype(F32),
    "each place by itself": lambda x: ((x - x.mean(0)) / x.std(0)).astype(F32),
}


@pytest.mark.parametrize("how", SCALED)
def test_each_of_two_equal_images_is_found(tmp_path, how):
    """A dataset may hold an image twice, also under two labels; in another order each still counts once."""
    random = np.random.default_rng(7)
    x = (random.integers(60, 200, (240, 9, 7)) * (random.random((240, 9, 7)) < 0.4)).astype(np.uint8)
    y = random.integers(0, 3, 240)
    x[120:125], y[120:125] = x[:5], [*y[:4], (y[4] + 1) % 3]
    data = pack(x_train=x[:200], y_train=y[:200], x_test=x[200:], y_test=y[200:])
    (tmp_path / "own.npz").write_bytes(data)
    about = DatasetDescription(
        schema="grade-dataset/1", id="own", title="Own", licence="CC0-1.0", shape=(9, 7), classes=("a", "b", "c"),
        splits=Splits(train=200, test=40), file="own.npz", sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    order = random.permutation(200)

    found = match_arrays(SCALED[how](x[order]), y[order], DatasetSource(about=about, folder=str(tmp_path)))

    assert len(found.labels_wrong_at) == 0
    assert (found.build_data_match().train, found.build_data_match().repeated) == (200, 0)
