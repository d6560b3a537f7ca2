"""What epochs leave out of the dataset or bring twice, judged over passes: an epoch may end in the middle of one.

One rule for arrays, `tf.data`, generators and `PyDataset`: whole batches alone leave out less than a batch, and that is
the dataset still. Which images those are must be chance, or the end of the dataset; the trained model shows whether it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import structs

from grader.protocol.orders import DEFAULT_BATCH, FitArguments
from grader.records.run import DataMatch

Array = npt.NDArray[Any]
# The fewer images may be left out, the less it helps to choose them. Where a pipeline shuffles what it has repeated, passes
# run into each other: of `.repeat().shuffle(10000)` an epoch leaves out about 3,600 images for others that come twice.
LEFT_OUT_DIVISOR = 15
# Images left out by chance are wrong as often as others: those never trained on as test images, the rest as training images
# whose last step lies further back. Five standard deviations and a few more are beyond chance.
LATER_STEP_FACTOR = 2.0
MAX_DEVIATIONS = 5.0
MAX_MORE = 3
# What a dataset holds back may be harder than its test images, at either end of it.
HELD_BACK_FACTOR = 1.5


class Passes:
    """Which training images the epochs of one `fit` have brought so far.

    Args:
        train_count: how many the dataset has.
    """

    def __init__(self, train_count: int) -> None:
        self.train_count, self.max_left_out = train_count, train_count // LEFT_OUT_DIVISOR
        self.counts: Array = np.zeros(train_count, np.int32)
        self.left_out: list[Array] = []
        self.held_back: Array = np.zeros(0, np.int64)
        self._last: tuple[DataMatch, Array, FitArguments, Array] | None = None

    def hold_back(self, images: Array) -> None:
        """Training images, by number, that are kept for validation."""
        self.held_back = np.union1d(self.held_back, images)

    def add_epoch(self, data: DataMatch, source: Array, fit: FitArguments, held_back: Array) -> DataMatch:
        """The match of one more epoch of a pipeline, as a part of the passes.

        Args:
            source: for each example the number of its image.
            fit: the order's arguments, with this epoch's batches.
            held_back: the training images that are kept for validation.
        """
        self._last = (data, source, fit, held_back)
        came = np.bincount(source[(source >= 0) & (source < self.train_count)], minlength=self.train_count)
        self.counts += came.astype(np.int32)
        whole = self.train_count - len(held_back)
        room = min(_compute_room(fit, validated=bool(len(held_back))), self.max_left_out)
        short = max(0, whole - int(came.sum()))
        if short > room or not (came.max() <= 1 or (fit.goes_on and self._is_even(source, whole, room))):
            return data
        missing = np.setdiff1d(np.flatnonzero(came == 0), held_back)
        if len(missing):
            self.left_out.append(missing)
        repeated = int(came.sum() - np.count_nonzero(came))
        return structs.replace(data, train=whole - short, left_out=short, repeated=data.repeated - repeated)

    def repeat_epoch(self) -> DataMatch | None:
        """The same epoch once more."""
        return None if self._last is None else self.add_epoch(*self._last)

    def _is_even(self, source: Array, whole: int, room: int) -> bool:
        """Whether all images have come as often as whole passes in a row bring them, or nearly, where passes run together."""
        total = int(self.counts.sum())
        if self._is_between(total // whole, math.ceil(total / whole), whole, room):
            return True
        new = np.zeros(len(source), bool)
        new[np.unique(source, return_index=True)[1]] = True
        # Where nothing new follows the first repetition, a part of the dataset has begun anew.
        runs_together = bool(new[new.argmin() :].any()) and int((~new).sum()) <= self.max_left_out
        return runs_together and self._is_between(
            (total - whole // 2) // whole, math.ceil(total / whole) + 1, whole, room
        )

    def _is_between(self, least: int, most: int, whole: int, room: int) -> bool:
        held_back = self.train_count - whole if least > 0 else 0
        behind = int((self.counts < least).sum()) - held_back
        return int(self.counts.max()) <= most and behind <= room * max(1, least)


def _compute_room(fit: FitArguments, *, validated: bool) -> int:
    """How many images incomplete batches may leave out: less than one batch, and less than one of the validation data."""
    rows = fit.batches or [1]
    size = max(rows)
    # An epoch that goes on within a pass may have the incomplete batch of the pass before in it; others have none at all.
    left = 2 * (size - 1) if fit.goes_on else (size - 1) * (min(rows) == size)
    held = (fit.validation_batch_size or 1) - 1 if validated else 0
    return left + held


def describe_array_epoch(fit: FitArguments, examples: int) -> tuple[int, int]:
    """How many examples an epoch of arrays trains on, and how many it leaves out since its last batch is incomplete."""
    # Rounded down, as Keras does.
    kept = int(examples * (1.0 - fit.validation_split))
    batch = fit.batch_size or DEFAULT_BATCH
    trained_on = kept if fit.steps_per_epoch is None else min(kept, fit.steps_per_epoch * batch)
    short = kept - trained_on
    return trained_on, short if short < batch else 0


def find_chosen_images(
    passes: Iterable[Passes], find_wrong: Callable[[Array], Array], train_accuracy: float, test_accuracy: float
) -> tuple[int, int] | None:
    """Of an epoch whose left-out images, or those held back, aren't left out by chance, how many of them the model gets wrong, and of how many.

    Args:
        passes: of all trainings of the model.
        find_wrong: says for numbers of training images which of them the trained model gets wrong.
        train_accuracy: of the trained model, on all training images.
        test_accuracy: on the test images.
    """
    found = list(passes)
    left_out = [missing for each in found for missing in each.left_out]
    held_back = [each.held_back for each in found if len(each.held_back)]
    if not left_out and not held_back:
        return None
    trained = np.sum([each.counts for each in found], axis=0) > 0
    images = np.unique(np.concatenate([*left_out, *held_back]))
    wrong = np.zeros(found[0].train_count, bool)
    wrong[images] = find_wrong(images)
    seen_rate = LATER_STEP_FACTOR * (1.0 - train_accuracy)
    rates = np.where(trained, seen_rate, max(seen_rate, 1.0 - test_accuracy))
    held_rates = np.maximum(rates, HELD_BACK_FACTOR * (1.0 - test_accuracy))
    beyond = [*_iter_beyond_chance(left_out, wrong, rates), *_iter_beyond_chance(held_back, wrong, held_rates)]
    return max(beyond, default=None)


def _iter_beyond_chance(left_out: list[Array], wrong: Array, rates: Array) -> Iterator[tuple[int, int]]:
    for missing in left_out:
        expected = float(rates[missing].sum())
        found = int(wrong[missing].sum())
        if found > expected + MAX_DEVIATIONS * math.sqrt(expected) + MAX_MORE:
            yield found, len(missing)
