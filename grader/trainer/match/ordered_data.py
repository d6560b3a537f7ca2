"""An order's arrays against the canonical dataset, and what one epoch of it really sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from msgspec import structs

from grader.data import find_source
from grader.protocol.datasets import DatasetRef, get_dataset_id, make_dataset_key
from grader.protocol.orders import DEFAULT_BATCH, FitArguments, Order
from grader.records.run import DataMatch
from grader.trainer.match.canonical import UNKNOWN
from grader.trainer.match.comparison import Match, match_arrays
from grader.trainer.match.digests import DigestCache, HeldArrays
from grader.trainer.match.passes import Passes, describe_array_epoch
from grader.trainer.training.feeding import Array, OrderArrays

MAX_REMEMBERED = 16
FindMatch = Callable[[Array, Array, DatasetRef], Match]
MIN_LABELS = 1000
MAX_EXCESS_SHARE = (
    0.1  # by chance, the share at any distance is within 0.06 of the mean one for a thousand labels or more
)
TEN_CLASSES = 10
MAX_PLACES = 256
MIN_BATCHES = 200
# How much the labels at two places of a batch say about each other, as chi-square per batch beyond that by chance: 9 where
# one gives the other. In MNIST's own order neighbours reach 0.5, and all pairs of a batch of 8 have a mean of 0.09; where
# each batch holds five classes, the mean is 0.11. These figures are of ten classes: what is possible, and what comes by
# chance, grows as the number of classes less one.
MAX_OF_A_PAIR = 1.0
MAX_OF_ALL = 0.1
MIN_PAIRS = 28
# Beyond this an order isn't one by chance: about five standard deviations of the mean, or of the largest of all pairs.
CHANCE = 0.02
CHANCE_OF_A_PAIR = 100
CHANCE_OF_ALL = 60


class MatchCache:
    """`match_arrays` with a memory: equal data is compared once, since a class orders the same arrays over and over.

    Only exact matches are remembered; the others write their images anew, which no digest stands for. Where all images
    are a dataset's, the array is held, so that the next order can name it.
    """

    def __init__(self, digests: DigestCache) -> None:
        self.digests, self.held = digests, HeldArrays(digests)
        self._known: dict[tuple[str, str, str], Match] = {}

    def __call__(self, x: Array, y: Array, dataset: DatasetRef) -> Match:
        key = (make_dataset_key(dataset), self.digests.compute_digest(x), self.digests.compute_digest(y))
        found = self._known.pop(key, None) or match_arrays(x, y, dataset)
        if found.exact:
            self._known[key] = found
            for oldest in list(self._known)[:-MAX_REMEMBERED]:
                del self._known[oldest]
            if (found.source != UNKNOWN).all():
                self.held.keep_array(x)
        else:
            self.digests.drop_digest(x)
        return found


def match_order(
    order: Order, arrays: OrderArrays, dataset: DatasetRef, find: FindMatch = match_arrays, passes: Passes | None = None
) -> tuple[DataMatch, Callable[[Array], Array] | None]:
    """The match of the training arrays, and the preprocessing that they show (None: unknown).

    Args:
        passes: what earlier epochs of the same `fit` have brought.
    """
    x, y = arrays.by_role.get("x", []), arrays.by_role.get("y", [])
    examples = len(x[0]) if x and x[0].ndim else 0
    fit = order.fit
    trained_on, left_out = (sum(fit.batches), 0) if fit.batches is not None else describe_array_epoch(fit, examples)
    # Several inputs or outputs can't be read as the images of one dataset.
    if len(x) != 1 or len(y) != 1:
        about = find_source(dataset).about
        unknown = DataMatch(
            dataset=None, examples=examples, trained_on=trained_on, unknown=examples, kind=about.kind, unit=about.unit,
            inputs=len(x), outputs=len(y),
        )  # fmt: skip
        return unknown, None
    found = find(x[0], y[0], dataset).refuse_free_scales()
    x[0] = found.rewrite_inexact_images(x[0])
    # An epoch of a pipeline may begin within a pass, and come to the dataset's first image later.
    turns = int(fit.batches is not None)
    data = found.build_data_match(trained_on=trained_on, validation=_describe_validation(order, arrays), turns=turns)
    held_back = _find_held_back(found, data, arrays, find, dataset)
    data = structs.replace(data, held_back=len(held_back), left_out=left_out, train=max(0, data.train - left_out))
    if found.canon is not None:
        train_count = found.canon.train_count
        # Of another dataset than the exercise's, images can't be counted by the numbers of that one's.
        passes = passes if passes is not None and passes.train_count == train_count else Passes(train_count)
        passes.hold_back(held_back if len(held_back) else _find_split(found.source, fit, train_count))
        if fit.batches is not None:
            data = passes.add_epoch(data, found.source, fit, held_back)
    transform = found.transform or _find_validation_transform(arrays, find, dataset)
    return (data if data.same_order else _with_order(data, found, order)), transform


def _find_validation_transform(
    arrays: OrderArrays, find: FindMatch, dataset: DatasetRef
) -> Callable[[Array], Array] | None:
    """The preprocessing of the validation images, which tells how to measure a model whose training images were augmented."""
    x, y = arrays.by_role.get("val_x", []), arrays.by_role.get("val_y", [])
    return find(x[0], y[0], dataset).transform if len(x) == len(y) == 1 else None


def _with_order(data: DataMatch, found: Match, order: Order) -> DataMatch:
    """Adds what the student's own order of the images reveals about the labels, where training keeps that order."""
    # Arrays that `fit` shuffles lose the order that they came in; the batches of a pipeline keep theirs.
    canon = found.canon
    if canon is None or (order.fit.shuffle and order.fit.batches is None):
        return data
    # The last batch of a pipeline is often smaller; places within a batch refer to the commonest size.
    batch = max(Counter(order.fit.batches or ()).most_common(1), default=(order.fit.batch_size or DEFAULT_BATCH, 1))[0]
    labels, class_count = canon.group_labels(found.source[found.source != UNKNOWN])
    telling = order_reveals_labels(labels, batch, class_count)
    return structs.replace(data, telling=telling, patterned=telling or is_patterned(labels, batch, class_count))


def _find_held_back(found: Match, data: DataMatch, arrays: OrderArrays, find: FindMatch, dataset: DatasetRef) -> Array:
    """The training images that aren't trained on and are in the validation data, as `validation_split` has it."""
    x, y = arrays.by_role.get("val_x", []), arrays.by_role.get("val_y", [])
    none = np.zeros(0, np.int64)
    canon = found.canon
    if canon is None or data.train >= canon.train_count or len(x) != 1 or len(y) != 1:
        return none
    other = find(x[0], y[0], dataset if canon.name == get_dataset_id(dataset) else canon.name)
    if other.dataset != canon.name:
        return none
    # An image that is trained on as well is not held back.
    images = np.setdiff1d(other.source, found.source)
    held_back: Array = images[(images != UNKNOWN) & (images < canon.train_count)]
    return held_back


def _find_split(source: Array, fit: FitArguments, train_count: int) -> Array:
    """The training images that `validation_split` takes from the end."""
    images = source[int(len(source) * (1.0 - fit.validation_split)) :]
    split: Array = np.unique(images[(images != UNKNOWN) & (images < train_count)])
    return split


def _describe_validation(order: Order, arrays: OrderArrays) -> str | None:
    """What the training is validated on, in words."""
    value: Any = arrays.by_role.get("val_x")
    if value:
        return f"{len(value[0]):,} examples given as validation_data"
    if order.fit.validation_split:
        return f"the last {order.fit.validation_split:.0%} of the examples (validation_split)"
    return None


def order_reveals_labels(labels: Array, batch: int = DEFAULT_BATCH, class_count: int = TEN_CLASSES) -> bool:
    """Whether labels at some distance, or at two places of a batch, say far more about each other than by chance.

    Args:
        labels: classes from 0 on, of shape (n,); too few to tell give False.
        batch: examples per batch.

    >>> order_reveals_labels(np.repeat(np.arange(10), 200)), order_reveals_labels(np.tile(np.arange(10), 200))
    (True, True)
    >>> order_reveals_labels(np.random.default_rng(0).integers(0, 10, 2000))
    False
    >>> code = np.random.default_rng(1).integers(0, 10, (300, 1)) + np.random.default_rng(2).integers(0, 10, 32)
    >>> order_reveals_labels(code.ravel() % 10)
    True
    """
    if len(labels) < MIN_LABELS:
        return False
    pairs, _ = _pairs(labels, batch, class_count)
    share = (class_count - 1) / (TEN_CLASSES - 1)
    coded = len(pairs) and (
        pairs.max() > share * MAX_OF_A_PAIR or (len(pairs) >= MIN_PAIRS and pairs.mean() > share * MAX_OF_ALL)
    )
    return bool(coded) or _repeats(labels, class_count)


def is_patterned(labels: Array, batch: int = DEFAULT_BATCH, class_count: int = TEN_CLASSES) -> bool:
    """Whether labels say anything about each other within a batch, or within the usual size of one.

    The usual size serves where batches are so large that they are too few to tell, or so small that what an optimizer
    remembers of the last ones counts.

    >>> steps = np.random.default_rng(0).integers(0, 2, 20000)
    >>> is_patterned(np.cumsum(steps) % 10, 1), is_patterned(steps * 5, 1)
    (True, False)
    """
    return any(_depend(labels, size, class_count) for size in {batch, DEFAULT_BATCH})


def _depend(labels: Array, batch: int, class_count: int) -> bool:
    """Whether the labels of a batch say anything about each other; False with too few batches to tell."""
    pairs, count = _pairs(labels, batch, class_count)
    if not len(pairs):
        return False
    share = (class_count - 1) / (TEN_CLASSES - 1)
    largest = pairs.max() > share * (CHANCE + CHANCE_OF_A_PAIR / count)
    return bool(largest or pairs.mean() > share * (CHANCE + CHANCE_OF_ALL / (count * np.sqrt(len(pairs)))))


def _pairs(labels: Array, batch: int, class_count: int) -> tuple[Array, int]:
    """How much the labels at each two places of a batch say about each other, and in how many batches."""
    count = len(labels) // batch
    if count < MIN_BATCHES or batch < 2:
        return np.zeros(0), count
    # All pairs of places are compared, so of a large batch only some places are looked at.
    places = np.unique(np.linspace(0, batch - 1, min(batch, MAX_PLACES)).astype(int))
    hot = np.eye(class_count)[labels[: count * batch].reshape(count, batch)[:, places]]
    share = np.maximum(hot.mean(axis=0), 1 / count)
    table = (hot - hot.mean(axis=0)).reshape(count, -1) / np.sqrt(count)
    both = (table.T @ table).reshape(len(places), class_count, len(places), class_count) ** 2
    # Chi-square per batch for each pair of places, less its mean by chance.
    each = (both / (share[:, :, None, None] * share)).sum(axis=(1, 3)) - (class_count - 1) ** 2 / count
    return each[np.triu_indices(len(places), 1)], count


def _repeats(labels: Array, class_count: int) -> bool:
    """Whether at some distance far more labels than by chance are alike."""
    count = len(labels)
    # The Fourier transform tries all distances at once; the padding keeps the two ends from meeting.
    spectrum = np.fft.rfft(np.eye(class_count)[labels], 2 * count, axis=0)
    alike = np.fft.irfft((abs(spectrum) ** 2).sum(axis=1))[1 : count // 2]
    alike /= np.arange(count - 1, count - count // 2, -1)
    chance = ((np.bincount(labels) / count) ** 2).sum()
    return bool(alike.max() > chance + MAX_EXCESS_SHARE)
