"""An order's arrays against the canonical dataset, and what one epoch of it really sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from msgspec import structs

from grader.run import DataMatch
from grader.trainer.digests import Digests
from grader.trainer.feeding import Array, Arrays
from grader.trainer.held import Held
from grader.trainer.match import Match, match
from grader.trainer.match_canonical import TRAIN, UNKNOWN, canonical
from grader.trainer.match_sequence import is_patterned, tells
from grader.wire import Order

DEFAULT_BATCH = 32
MOST_REMEMBERED = 16

Find = Callable[[Array, Array, str], Match]


class Remembered:
    """`match`, which compares data that it has seen before no second time: a class orders the same arrays over and over.

    Only exact matches are remembered; the others write their images anew, which no digest stands for. Where all images
    are a dataset's, they are held, for the next order to name them.
    """

    def __init__(self, digests: Digests) -> None:
        self.digests, self.held = digests, Held(digests)
        self._known: dict[tuple[str, str, str], Match] = {}

    def __call__(self, x: Array, y: Array, dataset: str) -> Match:
        key = (dataset, self.digests.of(x), self.digests.of(y))
        found = self._known.pop(key, None) or match(x, y, dataset)
        if found.exact:
            self._known[key] = found
            for oldest in list(self._known)[:-MOST_REMEMBERED]:
                del self._known[oldest]
            if (found.source != UNKNOWN).all():
                self.held.hold(x)
        else:
            self.digests.forget(x)
        return found


def match_order(
    order: Order, arrays: Arrays, dataset: str, find: Find = match
) -> tuple[DataMatch, Callable[[Array], Array] | None]:
    """The match of the training arrays, and the preprocessing that they show (None: it can't be told)."""
    x, y = arrays.by_role.get("x", []), arrays.by_role.get("y", [])
    examples = len(x[0]) if x and x[0].ndim else 0
    trained_on = _trained_on(order, examples)
    if len(x) != 1 or len(y) != 1:
        unknown = DataMatch(dataset=None, examples=examples, trained_on=trained_on, unknown=examples)
        return unknown, None
    found = find(x[0], y[0], dataset)
    x[0] = found.written_anew(x[0])
    data = found.data_match(trained_on=trained_on, validation=_validation(order, arrays))
    held_back = _held_back(found, data, arrays, find)
    data = structs.replace(data, held_back=held_back)
    return (data if data.same_order else _with_order(data, found, order)), found.transform


def _with_order(data: DataMatch, found: Match, order: Order) -> DataMatch:
    """The match with what an order of the student's own says of the labels, where the images stay in it."""
    if found.dataset is None or (order.fit.shuffle and order.fit.batches is None):
        return data
    batch = max(Counter(order.fit.batches or ()).most_common(1), default=(order.fit.batch_size or DEFAULT_BATCH, 1))[0]
    labels = canonical(found.dataset).labels[found.source[found.source != UNKNOWN]]
    telling = tells(labels, batch)
    return structs.replace(data, telling=telling, patterned=telling or is_patterned(labels, batch))


def _held_back(found: Match, data: DataMatch, arrays: Arrays, find: Find) -> int:
    """How many training images that aren't trained on are in the validation data, as `validation_split` has it."""
    x, y = arrays.by_role.get("val_x", []), arrays.by_role.get("val_y", [])
    if data.dataset is None or data.train >= TRAIN or len(x) != 1 or len(y) != 1:
        return 0
    other = find(x[0], y[0], data.dataset)
    if other.dataset != data.dataset:
        return 0
    images = np.setdiff1d(other.source, found.source)
    return int(((images != UNKNOWN) & (images < TRAIN)).sum())


def _trained_on(order: Order, examples: int) -> int:
    """Examples that one epoch trains on, after `validation_split` and `steps_per_epoch`."""
    fit = order.fit
    if fit.batches is not None:
        return sum(fit.batches)
    kept = int(examples * (1.0 - fit.validation_split))
    if fit.steps_per_epoch is not None:
        kept = min(kept, fit.steps_per_epoch * (fit.batch_size or DEFAULT_BATCH))
    return kept


def _validation(order: Order, arrays: Arrays) -> str | None:
    """What the training is validated on, in words."""
    value: Any = arrays.by_role.get("val_x")
    if value:
        return f"{len(value[0]):,} examples given as validation_data"
    if order.fit.validation_split:
        return f"the last {order.fit.validation_split:.0%} of the examples (validation_split)"
    return None
