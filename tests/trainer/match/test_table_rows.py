"""Ordered arrays against a table: what students do to its columns is understood, and what isn't a feature is not."""

import hashlib

import numpy as np
import pytest
from dataset_samples import pack

from grader.protocol.datasets import DatasetDescription, DatasetSource, Splits
from grader.trainer.match.columns import is_plain
from grader.trainer.match.comparison import match_arrays

TRAIN, ALL = 300, 400
ORDER = np.random.default_rng(9).permutation(TRAIN)
PART, REST = ORDER[:240], ORDER[240:]
WHOLE = np.arange(TRAIN)


def draw_values(kind):
    """Five features of different kinds, or of few values."""
    random = np.random.default_rng(3)
    if kind == "few values":
        return np.stack([random.integers(0, size, ALL) for size in (5, 10, 3, 8, 4)], axis=1).astype(float)
    columns = [
        random.normal(100, 15, ALL).round(1),
        random.uniform(0, 1, ALL).round(4),
        random.integers(0, 5, ALL),
        random.lognormal(3, 1, ALL).round(2),
        random.integers(1950, 2020, ALL),
    ]
    return np.stack(columns, axis=1).astype(float)


@pytest.fixture(scope="module", params=["numbers", "few values"])
def table(request, tmp_path_factory):
    """The source, and the features and labels of all rows, training rows first."""
    values, random = draw_values(request.param), np.random.default_rng(4)
    scores = values[:, 0] + 5 * values[:, 2] + random.normal(0, 5, ALL)
    classes = ("low", "high") if request.param == "few values" else ()
    labels = (scores > np.median(scores)).astype(np.int64) if classes else scores.round(2)
    folder = tmp_path_factory.mktemp("own")
    data = pack(x_train=values[:TRAIN], y_train=labels[:TRAIN], x_test=values[TRAIN:], y_test=labels[TRAIN:])
    (folder / "own.npz").write_bytes(data)
    about = DatasetDescription(
        schema="grade-dataset/1", id="own", title="Own", licence="CC0-1.0", task="binary" if classes else "regression",
        classes=classes, features=tuple("abcde"), splits=Splits(train=TRAIN, test=ALL - TRAIN), file="own.npz",
        sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    return DatasetSource(about=about, folder=str(folder)), values, labels


def standardise(x, by=None):
    by = x if by is None else by
    return (x - by.mean(axis=0)) / by.std(axis=0)


def squeeze(x, by=None):
    by = x if by is None else by
    return (x - by.min(axis=0)) / (by.max(axis=0) - by.min(axis=0))


def match(table, given, places=WHOLE, labels=None):
    source, _, known = table
    return match_arrays(np.ascontiguousarray(given), known[places] if labels is None else labels, source)


PREPARED = {
    "raw": (lambda x: x, WHOLE),
    "single precision": (lambda x: x.astype(np.float32), WHOLE),
    "standardised": (lambda x: standardise(x[WHOLE])[ORDER], ORDER),
    "in single precision": (lambda x: standardise(x[WHOLE].astype(np.float32)), WHOLE),
    "by all rows": (lambda x: standardise(x)[PART], PART),
    "by the own part": (lambda x: standardise(x[PART]), PART),
    "by another part": (lambda x: standardise(x[REST], x[PART]), REST),
    "to the range of a part": (lambda x: squeeze(x[PART]).astype(np.float32), PART),
    "to the range of another part": (lambda x: squeeze(x[REST], x[PART]), REST),
    "a part in its order": (lambda x: standardise(x[50:250]), np.arange(50, 250)),
    "columns in another order": (lambda x: standardise(x[ORDER])[:, [3, 0, 4, 1, 2]], ORDER),
    "some columns": (lambda x: standardise(x[ORDER])[:, [3, 0]], ORDER),
    "two scalers": (lambda x: np.c_[standardise(x[ORDER])[:, :3], squeeze(x[ORDER])[:, 3:]], ORDER),
    "by round numbers": (lambda x: (x / [150, 1, 5, 1000, 2000])[ORDER], ORDER),
    "a column of ones": (lambda x: np.c_[x, np.ones(len(x))][ORDER], ORDER),
    "a further axis": (lambda x: standardise(x)[:TRAIN, :, None], WHOLE),
}


@pytest.mark.parametrize("how", PREPARED)
def test_each_row_is_found_and_made_again(table, how):
    """Rows and columns in any order; what was done to them is known well enough to do it to others, and is honest."""
    _, values, labels = table
    prepare, places = PREPARED[how]
    given = prepare(values)[: len(places)]

    found = match(table, given, places)
    data = found.refuse_free_scales().build_data_match()

    assert (data.dataset, data.train, data.test, data.unknown, data.repeated, data.labels_wrong) == (
        "own",
        len(places),
        0,
        0,
        0,
        0,
    )
    assert data.unit == "row"
    again = found.transform(values[places])
    assert again.shape == given.shape
    assert np.allclose(again, given, rtol=1e-4, atol=1e-4)
    assert (labels[found.source] == labels[places]).all()


@pytest.mark.parametrize("table", ["numbers"], indirect=True)
def test_a_feature_of_kinds_and_a_logarithm_are_features(table):
    """As `get_dummies` and `np.log` make them, of one feature each."""
    _, values, _ = table
    given = np.stack([np.log(values[:, 3]), values[:, 2] == 1, values[:, 2] == 2, values[:, 0]], axis=1)[ORDER]

    data = match(table, given, ORDER).refuse_free_scales().build_data_match()

    assert (data.train, data.unknown) == (TRAIN, 0)
    assert data.preprocessing.startswith("columns log(d), c == 1, c == 2, a")


BAD = {
    "the label": (lambda x, y: np.c_[x, y][WHOLE], "column 6 of 6 is the label, or was made from it"),
    "the label, scaled": (lambda x, y: np.c_[y / 3 - 1, standardise(x)][WHOLE], "column 1 of 6 is the label, or was made from it"),
    "the row's number": (lambda x, y: np.c_[x, np.arange(len(y))][WHOLE], "column 6 of 6 is the number of the row"),
    "a faint label": (lambda x, y: (standardise(x) + [0, 1e-3, 0, 0, 0] * y[:, None])[WHOLE], "column 2 of 5 is none"),
    "one wrong feature": (lambda x, y: np.c_[x, np.sin(y) + y**2][WHOLE], "column 6 of 6 is"),
    "other rows": (lambda x, y: np.random.default_rng(0).normal(0, 1, (TRAIN, 5)), ""),
    "noise": (lambda x, y: (standardise(x) + np.random.default_rng(0).normal(0, 0.01, x.shape))[WHOLE], ""),
    "too many columns": (lambda x, y: np.zeros((TRAIN, 28, 28)) + y[WHOLE, None, None], "784 columns"),
    "NaN": (lambda x, y: np.where(x > np.median(x, axis=0), np.nan, x)[WHOLE], ""),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_feature_is_refused(table, what):
    """Then no row is known, and where it shows the reason is said."""
    _, values, labels = table
    make, fault = BAD[what]

    found = match(table, make(values, labels.astype(float)))

    assert (found.dataset, (found.source == -1).all()) == (None, True)
    assert fault in found.fault


def test_a_label_in_the_last_bits_is_written_over(table):
    """What is trained on is computed anew from the table."""
    _, values, labels = table
    given = standardise(values[WHOLE])
    marked = given * (1 + 1e-13 * (labels[WHOLE, None] > np.median(labels)))

    found = match(table, marked.copy())
    written = found.rewrite_inexact_images(marked.copy())

    assert (found.source == WHOLE).all() or found.dataset == "own"
    assert (written == found.rewrite_inexact_images(given.copy())).all()


@pytest.mark.parametrize("slopes", [[0.013, 0.37, 2.9, 0.0077, 0.031], [1.7, 0.37, 2.9, 0.77, -1.3]])
def test_slopes_of_ones_own_are_refused_where_they_are_trained_on(table, slopes):
    """They would be weights that were made beforehand; rows are known all the same, so that a validation may have them."""
    _, values, _ = table

    found = match(table, (standardise(values) * slopes)[WHOLE])

    assert found.dataset == "own"
    assert found.refuse_free_scales().dataset is None
    assert "no statistic" in found.refuse_free_scales().fault


@pytest.mark.parametrize("more", [lambda x: np.full((len(x), 1), 0.37), lambda x: x[:, [0, 0, 0]] - [90, 100, 110]])
def test_columns_that_bring_numbers_along_are_refused(table, more):
    """One number everywhere, or a feature again and again with other offsets."""
    _, values, _ = table

    found = match(table, np.c_[values, more(values)][WHOLE])

    assert found.dataset == "own"
    assert found.refuse_free_scales().dataset is None


def test_labels_and_repetitions_are_counted(table):
    """Each row once, with its own label."""
    _, values, labels = table
    other = labels[WHOLE].copy()
    other[:7] = np.where(labels[:7] == labels.max(), labels.min(), labels.max())

    wrong = match(table, values[WHOLE], labels=other)
    twice = match(table, np.concatenate([values[WHOLE], values[:9]]), np.r_[WHOLE, :9])

    assert 1 <= len(wrong.labels_wrong_at) + wrong.build_data_match().repeated <= 7
    assert (twice.build_data_match().train, twice.build_data_match().repeated) == (TRAIN, 9)


def test_the_test_split_is_told_from_the_training_split(table):
    _, values, labels = table

    data = match(table, standardise(values), np.arange(ALL), labels).build_data_match()

    assert (data.train, data.test) == (TRAIN, ALL - TRAIN)


@pytest.mark.parametrize(
    ("slope", "plain"),
    [
        (1.0, True),
        (0.001, True),
        (0.05, True),
        (1 / 150, True),
        (1 / 151, False),
        (0.037, False),
        (-1.0, False),
        (0.0, False),
        (3.0, False),
    ],
)
def test_round_slopes(slope, plain):
    """1, 2 and 5 with zeros, as people write them."""
    assert is_plain(slope) == plain
