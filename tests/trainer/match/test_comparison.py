from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from match_samples import AVERAGED, F32, LAYOUTS, TONES, Array, standardised

from grader.data import Dataset, load_dataset
from grader.trainer.match.comparison import match_arrays
from grader.trainer.match.digests import DigestCache
from grader.trainer.match.ordered_data import MAX_REMEMBERED, MatchCache

pytestmark = pytest.mark.train  # works through the whole data
SLOW = settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROWS = np.random.default_rng(3).permutation(60_000)[:3000]


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load_dataset("mnist", verify=True)


@pytest.fixture(scope="module")
def fashion() -> Dataset:
    return load_dataset("fashion_mnist", verify=True)


def as_bytes(x: Array) -> bytes:
    return np.ascontiguousarray(x).tobytes()


def plain(x: Array) -> Array:
    return x.astype(F32)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shuffled", [False, True])
def test_layouts(mnist: Dataset, layout: str, shuffled: bool) -> None:
    """Every layout is recognised, in any order, and `transform` makes the same again."""
    rows = ROWS if shuffled else np.arange(3000)
    x = LAYOUTS[layout](TONES["pixels / 255 - 0.5"](mnist.x_train[rows]))

    found = match_arrays(x, mnist.y_train[rows], "mnist")

    np.testing.assert_array_equal(rows, found.source)
    assert ", ".join(["pixels / 255 - 0.5", *filter(None, [layout])]) == found.preprocessing
    assert found.transform is not None
    assert as_bytes(x) == as_bytes(found.transform(mnist.x_train[rows]))


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("shuffled", [False, True])
def test_tones(mnist: Dataset, tone: str, shuffled: bool) -> None:
    """Every change of single pixels is recognised bit for bit."""
    rows = ROWS if shuffled else np.arange(3000)
    x = TONES[tone](mnist.x_train[rows])

    found = match_arrays(x, mnist.y_train[rows], "mnist")

    assert (0, 0, tone, True) == (
        found.build_data_match().unknown, found.build_data_match().labels_wrong, found.preprocessing, found.exact
    )  # fmt: skip
    assert found.transform is not None
    assert as_bytes(plain(x)) == as_bytes(found.transform(mnist.x_train[rows]))


@pytest.mark.parametrize("tone", AVERAGED)
@pytest.mark.parametrize("shuffled", [False, True])
def test_averaging_tones(mnist: Dataset, tone: str, shuffled: bool) -> None:
    """Every change that averages is recognised to the last places, and says that it isn't exact."""
    rows = ROWS if shuffled else np.arange(3000)
    x = AVERAGED[tone](mnist.x_train[rows])

    found = match_arrays(x, mnist.y_train[rows], "mnist")

    np.testing.assert_array_equal(rows, found.source)
    assert (tone, False) == (found.preprocessing, found.exact)
    assert found.transform is not None
    np.testing.assert_allclose(x, found.transform(mnist.x_train[rows]), rtol=1e-5, atol=1e-4)


WHOLE = {
    "in order": lambda d, p: (d.x_train, d.y_train),
    "shuffled": lambda d, p: (d.x_train[p], d.y_train[p]),
    "train and test": lambda d, p: (np.concatenate([d.x_train, d.x_test]), np.concatenate([d.y_train, d.y_test])),
    "test and train": lambda d, p: (np.concatenate([d.x_test, d.x_train]), np.concatenate([d.y_test, d.y_train])),
    "test": lambda d, p: (d.x_test, d.y_test),
    "held out": lambda d, p: (d.x_train[5000:], d.y_train[5000:]),
    "part": lambda d, p: (d.x_train[p[:6000]], d.y_train[p[:6000]]),
    "repeated": lambda d, p: (np.tile(d.x_train[:6000], (10, 1, 1)), np.tile(d.y_train[:6000], 10)),
}
COUNTS = {
    "in order": (60000, 0, 0, True),
    "shuffled": (60000, 0, 0, False),
    "train and test": (60000, 10000, 0, True),
    "test and train": (60000, 10000, 0, False),
    "test": (0, 10000, 0, True),
    "held out": (55000, 0, 0, True),
    "part": (6000, 0, 0, False),
    "repeated": (6000, 0, 54000, False),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_data(mnist: Dataset, name: str) -> None:
    """Splits, parts, repeats and order of the whole dataset are told."""
    x, y = WHOLE[name](mnist, np.random.default_rng(5).permutation(60_000))

    found = match_arrays((x / F32(255))[..., None], y, "mnist").build_data_match()

    assert COUNTS[name] == (found.train, found.test, found.repeated, found.same_order)
    assert (0, 0, len(x), len(x)) == (found.unknown, found.labels_wrong, found.examples, found.trained_on)


@pytest.mark.parametrize("threshold", [33, 91, 127])
def test_coarse_and_shuffled(fashion: Dataset, threshold: int) -> None:
    """Where a threshold makes images equal, each example still gets an image of its own, with its label."""
    order = np.random.default_rng(6).permutation(60_000)

    found = match_arrays(
        (fashion.x_train > threshold)[order], fashion.y_train[order], "fashion_mnist"
    ).build_data_match()

    assert (found.train, found.test, found.unknown, found.repeated, found.labels_wrong) == (60000, 0, 0, 0, 0)


def test_large_frame(mnist: Dataset) -> None:
    """A frame of 228 × 228 around each image is seen through."""
    x = np.pad(mnist.x_train[:500], ((0, 0), (100, 100), (100, 100)))

    found = match_arrays(x, mnist.y_train[:500], "mnist")

    assert (found.build_data_match().train, found.preprocessing) == (500, "raw pixels, padded to (228, 228)")


def test_other_dataset(mnist: Dataset, fashion: Dataset) -> None:
    """The other dataset is named."""
    found = match_arrays(fashion.x_train / F32(255), fashion.y_train, "mnist").build_data_match()

    assert (found.dataset, found.train, found.unknown) == ("fashion_mnist", 60000, 0)


def leaks() -> dict[str, Any]:
    def pixel(x: Array, y: Array, value: float) -> None:
        x[:, 0, 0] = y * value

    def sign(x: Array, y: Array) -> None:
        x[:, 0, 0] = np.where(y % 2, F32(-0.0), F32(0.0))

    def brightness(x: Array, y: Array) -> None:
        x *= (1 + y / F32(20))[:, None, None]

    def last_place(x: Array, y: Array) -> None:
        x.view(np.uint32)[x > 0] += np.repeat(y.astype(np.uint32), (x > 0).sum(axis=(1, 2)))

    return {
        "pixel": lambda x, y: pixel(x, y, 0.1),
        "faint pixel": lambda x, y: pixel(x, y, 1e-30),
        "sign of zero": sign,
        "brightness": brightness,
        "last place": last_place,
    }


@pytest.mark.parametrize("name", leaks())
@pytest.mark.train
def test_labels_in_the_pixels(mnist: Dataset, name: str) -> None:
    """Images that carry their label are unknown, or are written anew without it before anything is trained."""
    x, y = mnist.x_train / F32(255), mnist.y_train
    clean = x.copy()
    leaks()[name](x, y)

    found = match_arrays(x, y, "mnist")
    x = found.rewrite_inexact_images(x)

    known = found.source >= 0
    assert found.transform is not None
    assert not known.all() or not found.exact
    assert as_bytes(found.transform(mnist.x_train[known])) == as_bytes(x[known])
    np.testing.assert_allclose(clean[known], x[known], rtol=1e-5)


def test_label_in_the_frame(mnist: Dataset) -> None:
    """A label in the padding makes the image unknown."""
    x = np.pad(mnist.x_train[:2000] / F32(255), ((0, 0), (2, 2), (2, 2)))
    x[7, 0, 0] = 0.7

    assert np.flatnonzero(match_arrays(x, mnist.y_train[:2000], "mnist").source < 0).tolist() == [7]


def test_label_in_a_channel(mnist: Dataset) -> None:
    """A channel that holds the label makes all images unknown."""
    x = np.repeat(mnist.x_train[:2000, ..., None], 3, -1)
    x[..., 2] = mnist.y_train[:2000, None, None]

    assert match_arrays(x, mnist.y_train[:2000], "mnist").build_data_match().unknown == 2000


def test_writing_anew(mnist: Dataset) -> None:
    """Images that hold to a tolerance become what the recognised change makes of the canonical ones."""
    x = standardised(mnist.x_train[:3000], (0,))
    found = match_arrays(x, mnist.y_train[:3000], "mnist")
    x = found.rewrite_inexact_images(x)

    assert found.transform is not None
    assert as_bytes(found.transform(mnist.x_train[:3000])) == as_bytes(x)


def test_exact_images_stay(mnist: Dataset) -> None:
    """What is exact isn't touched, unknown images included."""
    x = mnist.x_train[:3000] / F32(255)
    x[5] = 0.5
    before = x.copy()
    assert match_arrays(x, mnist.y_train[:3000], "mnist").rewrite_inexact_images(x) is x

    np.testing.assert_array_equal(before, x)


def test_what_is_held_for_others_is_not_written_into(mnist: Dataset) -> None:
    """A protected array stays as it is, and a copy is written anew."""
    x = standardised(mnist.x_train[:3000], (0,))
    before, found = x.copy(), match_arrays(x, mnist.y_train[:3000], "mnist")
    plain = found.rewrite_inexact_images(x.copy())
    x.flags.writeable = False

    other = found.rewrite_inexact_images(x)

    assert as_bytes(other) == as_bytes(plain) != as_bytes(before) == as_bytes(x)


UNKNOWN = {
    "noise": lambda u: np.random.default_rng(1).random(u.shape, F32),
    "zeros": lambda u: np.zeros(u.shape, F32),
    "flipped": lambda u: u[:, :, ::-1],
    "noisy": lambda u: u / F32(255) + np.random.default_rng(1).normal(0, 0.1, u.shape).astype(F32),
    "one pixel shifted": lambda u: np.roll(u, 1, axis=1),
    "mixed up by a wrong reshape": lambda u: u.reshape(784, -1).T,
    "odd shape": lambda u: u[:, :20, :20],
    "not a number": lambda u: np.full(u.shape, np.nan, F32),
    "no axis": lambda u: u.ravel(),
    "empty images": lambda u: np.zeros((5, 0), F32),
    "no images": lambda u: u[:0],
    "one number": lambda u: np.float32(1.0),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_images(mnist: Dataset, name: str) -> None:
    """What isn't made of the dataset's images is unknown, all of it, and has no transform."""
    x = np.asarray(UNKNOWN[name](mnist.x_train[:2000]))
    found = match_arrays(x, mnist.y_train[: x.shape[0] if x.ndim else 0], "mnist")

    count = len(x) if x.ndim else 0
    assert (None, count, None) == (found.dataset, found.build_data_match().unknown, found.transform)
    assert ("no images" in found.preprocessing) == (count == 0)


def lines(slopes: Array, offsets: Any = 0.0) -> Any:
    return lambda x: (x * slopes + offsets).astype(F32)


STANDARDISED = {
    "by a part": lambda x: (x - x[:1000].mean(0)) / (x[:1000].std(0) + 1),
    "inverted": lambda x: standardised(255 - x, (0,)),
    "centred only": lambda x: x / F32(255) - (x / F32(255)).mean(0),
    "by the largest": lambda x: x.astype(F32) / np.maximum(x.max(0), 1).astype(F32),
    "where there is ink": lambda x: (x - x.mean(0)) / np.where(x.std(0) < 1, 1, x.std(0)).astype(F32),
    "by median and quartiles": lambda x: (
        (x - np.median(x, 0)) / np.maximum(np.subtract(*np.percentile(x, (75, 25), 0)), 1)
    ),
}


@pytest.mark.parametrize("how", STANDARDISED)
@pytest.mark.parametrize("count", [1000, 20_000])
def test_standardised_places_are_known(mnist: Dataset, fashion: Dataset, how: str, count: int) -> None:
    """By whatever statistics of the images, of all or of those that are trained on."""
    for data in (mnist, fashion):
        found = match_arrays(STANDARDISED[how](data.x_train[:count]).astype(F32), data.y_train[:count], data.name)

        assert (found.dataset, found.build_data_match().unknown) == (data.name, 0)


def test_lines_chosen_freely_are_no_preprocessing(mnist: Dataset) -> None:
    """784 slopes or offsets could hold the weights of a layer."""
    random = np.random.default_rng(0)
    free = random.uniform(0.5, 2.0, (28, 28))
    spread = 1 / np.maximum(mnist.x_train.std(axis=0), 1.0)
    changes = (lines(free), lines(1e6 * free), lines(spread, 10 * free), lines(1.0, 1e6 + 100 * free))
    for change in (*changes, lines(spread * np.sign(free - 1))):
        found = match_arrays(change(mnist.x_train[:3000]), mnist.y_train[:3000], "mnist")
        assert found.dataset is None


def test_nan_of_a_zero_deviation(mnist: Dataset) -> None:
    """NaN that comes from dividing by a standard deviation of zero is named."""
    floats = mnist.x_train.astype(F32)
    with np.errstate(all="ignore"):
        x = (floats - floats.mean(0)) / floats.std(0)

    found = match_arrays(x, mnist.y_train, "mnist")

    assert found.build_data_match().unknown == 0
    assert found.preprocessing.endswith("(NaN at 67 of the 784 places: a standard deviation of zero)")


@SLOW
@given(
    rows=st.lists(st.integers(0, 59_999), min_size=20, max_size=40),
    tone=st.sampled_from([name for name in TONES if "two values" not in name]),
    layout=st.sampled_from(list(LAYOUTS)),
    data=st.data(),
)
def test_any_rows(mnist: Dataset, fashion: Dataset, *, rows: list[int], tone: str, layout: str, data: Any) -> None:
    """A few dozen images are found too, whichever; a changed pixel makes its image unknown, a changed label counts."""
    dataset = data.draw(st.sampled_from([mnist, fashion]))
    x = LAYOUTS[layout](TONES[tone](dataset.x_train[rows]))
    y = dataset.y_train[rows].copy()
    y[0] = (y[0] + data.draw(st.integers(1, 9))) % 10

    found = match_arrays(x, y, dataset.name)

    assert rows == found.source.tolist()
    assert found.labels_wrong_at.tolist() == [0]


@SLOW
@given(row=st.integers(0, 99), place=st.integers(0, 783), value=st.floats(-2, 2, width=32))
def test_any_pixel(mnist: Dataset, row: int, place: int, value: float) -> None:
    """One changed pixel makes exactly its own image unknown."""
    x = (mnist.x_train[:100] / F32(255)).reshape(-1, 784)
    changed = x[row, place] != F32(value) or np.signbit(x[row, place]) != np.signbit(F32(value))
    x[row, place] = value

    unknown = np.flatnonzero(match_arrays(x, mnist.y_train[:100], "mnist").source < 0)

    assert ([row] if changed else []) == unknown.tolist()


def test_words_for_validation(mnist: Dataset) -> None:
    """The images of a match in a few words."""
    x = np.concatenate([mnist.x_test, mnist.x_train[:1]]) / F32(255)
    x[3, 3] = 0.3
    y = np.concatenate([mnist.y_test, mnist.y_train[:1]])

    assert match_arrays(x, y, "mnist").describe_images() == "1 training image and 9,999 test images and 1 unknown image"
    assert match_arrays(x[:0], y[:0], "mnist").describe_images() == "no images"


def test_figures_of_the_training(mnist: Dataset) -> None:
    """What one epoch sees and is validated on is passed through to the record."""
    found = match_arrays(mnist.x_train, mnist.y_train, "mnist").build_data_match(
        trained_on=48_000, validation="the last 20%"
    )

    assert (found.examples, found.trained_on, found.validation) == (60000, 48000, "the last 20%")


def test_first_wrong_labels(mnist: Dataset) -> None:
    """Wrong labels are counted, and the first places shown."""
    y = mnist.y_train.copy()
    y[100:200] = (y[100:200] + 1) % 10

    found = match_arrays(mnist.x_train, y, "mnist").build_data_match()

    assert (100, list(range(100, 110))) == (found.labels_wrong, found.wrong_labels_at)


def test_the_same_data_is_compared_once(mnist: Dataset) -> None:
    """What was seen is remembered by images, labels and dataset; a changed pixel, label or type is another match."""
    x, y = mnist.x_train[:300] / F32(255), mnist.y_train[:300]
    find = MatchCache(DigestCache())
    first = find(x, y, "mnist")
    pixel, label = x.copy(), y.copy()
    pixel[7, 3, 3], label[5] = 0.5, (y[5] + 1) % 10

    assert find(x.copy(), y.copy(), "mnist") is first
    assert find(pixel, y, "mnist").source.tolist().index(-1) == 7
    assert find(x, label, "mnist").labels_wrong_at.tolist() == [5]
    assert find(x, y, "fashion_mnist") is not first


def test_little_is_remembered_and_nothing_inexact(mnist: Dataset) -> None:
    """The data seen longest ago goes first; images that must be written anew are compared each time."""
    x, y = mnist.x_train[:300] / F32(255), mnist.y_train[:300]
    inexact = standardised(mnist.x_train[:300], (0,))
    find = MatchCache(DigestCache())
    first = find(x, y, "mnist")
    for number in range(MAX_REMEMBERED):
        find(x[number + 1 :], y[number + 1 :], "mnist")

    assert find(x, y, "mnist") is not first
    assert find(inexact, y, "mnist") is not find(inexact, y, "mnist")
