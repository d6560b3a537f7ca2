"""What an order's arrays come to, with images looked up in a table instead of the dataset."""

from types import SimpleNamespace

import numpy as np
import pytest

from grader.trainer.match.canonical import load_canonical_images
from grader.trainer.match.comparison import Match
from grader.trainer.match.digests import DigestCache
from grader.trainer.match.ordered_data import MatchCache, match_order, order_reveals_labels
from grader.trainer.match.passes import Passes

pytestmark = pytest.mark.keras
FIT = SimpleNamespace(
    batches=None,
    validation_split=0.0,
    steps_per_epoch=None,
    batch_size=None,
    shuffle=True,
    goes_on=False,
    validation_batch_size=None,
)


def find(x, _y, dataset):
    """Images are their own numbers; those below zero are of no dataset."""
    known = x.min() >= 0
    canon = load_canonical_images(dataset) if known else None
    return Match(dataset=dataset if known else None, source=x, labels_wrong_at=x[:0], preprocessing="", canon=canon)


def matched(**roles):
    arrays = SimpleNamespace(by_role={role: [np.asarray(value)] for role, value in roles.items()})
    return match_order(SimpleNamespace(fit=FIT), arrays, "mnist", find)[0]


@pytest.mark.parametrize(
    ("validation", "held_back"),
    [
        (range(50_000, 60_000), 10_000),
        (range(45_000, 60_000), 10_000),
        (range(60_000, 70_000), 0),
        (range(59_000, 61_000), 1000),
        ([50_000, 50_000, 60_000], 1),
        ([-1, 50_000], 0),
    ],
)
def test_training_images_kept_for_validation_are_counted(validation, held_back):
    """Each once, only those of the training set that aren't trained on, and none of another dataset."""
    data = matched(x=range(50_000), y=range(50_000), val_x=validation, val_y=validation)

    assert (data.train, data.held_back) == (50_000, held_back)


def test_validation_data_and_a_split_hold_images_back():
    """Which they are is kept, since they may be chosen."""
    split = SimpleNamespace(fit=SimpleNamespace(**{**vars(FIT), "validation_split": 0.1}))
    for order, roles in (
        (split, {"x": 60_000, "y": 60_000}),
        (SimpleNamespace(fit=FIT), {"x": 54_000, "y": 54_000, "val_x": 60_000, "val_y": 60_000}),
    ):
        passes = Passes(60_000)
        arrays = SimpleNamespace(by_role={role: [np.arange(count)] for role, count in roles.items()})

        match_order(order, arrays, "mnist", find, passes)

        assert passes.held_back.tolist() == list(range(54_000, 60_000))


def test_where_all_are_trained_on_nothing_is_held_back():
    """Nor where there is no validation data."""
    assert matched(x=range(60_000), y=range(60_000), val_x=range(9), val_y=range(9)).held_back == 0
    assert matched(x=range(9), y=range(9)).held_back == 0


@pytest.mark.parametrize(
    ("how", "telling"),
    [
        ({"shuffle": False}, True),
        ({"shuffle": True}, False),
        ({"shuffle": True, "batches": [60_000]}, True),
    ],
)
def test_an_order_that_tells_the_labels_is_noticed_where_nothing_shuffles(how, telling):
    """A pipeline comes as it is, whatever `shuffle` says."""
    order = SimpleNamespace(fit=SimpleNamespace(**{**vars(FIT), **how}))
    places = np.argsort(load_canonical_images("mnist").labels[:60_000], kind="stable")

    for images, expected in ((places, telling), (np.arange(60_000), False)):
        arrays = SimpleNamespace(by_role={"x": [images], "y": [images]})
        assert match_order(order, arrays, "mnist", find)[0].telling == expected


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize("count", [1000, 6000, 60_000])
def test_the_datasets_own_order_tells_nothing(dataset, count):
    """Nor does any beginning of it."""
    assert not order_reveals_labels(load_canonical_images(dataset).labels[:count])


def test_what_is_wholly_the_datasets_is_held_for_the_next_order():
    """Not with one image that is nobody's, nor where the images have to be written anew."""
    data = load_canonical_images("mnist")
    images, labels = data.planes[0][:2000], data.labels[:2000]
    usual = (images / 255.0).astype(np.float32)
    more, normed = usual.copy(), usual / np.linalg.norm(usual, axis=1, keepdims=True)
    more[7] = 0.5
    find = MatchCache(DigestCache())

    seen = [find(x, labels, "mnist") for x in (more, normed, usual)]

    assert [(one.exact, bool((one.source < 0).any())) for one in seen] == [(True, True), (False, False), (True, False)]
    [array] = find.held.copy_held().values()
    assert array is usual
