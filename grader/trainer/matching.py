"""An order's arrays against the canonical dataset, and what one epoch of it really sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.run import DataMatch
from grader.trainer.feeding import Array, Arrays
from grader.trainer.match import match
from grader.wire import Order

DEFAULT_BATCH = 32


def match_order(order: Order, arrays: Arrays, dataset: str) -> tuple[DataMatch, Callable[[Array], Array] | None]:
    """The match of the training arrays, and the preprocessing that they show (None: it can't be told)."""
    x, y = arrays.by_role.get("x", []), arrays.by_role.get("y", [])
    examples = len(x[0]) if x and x[0].ndim else 0
    trained_on = _trained_on(order, examples)
    if len(x) != 1 or len(y) != 1:
        unknown = DataMatch(dataset=None, examples=examples, trained_on=trained_on, unknown=examples)
        return unknown, None
    found = match(x[0], y[0], dataset)
    found.write_anew(x[0])
    return found.data_match(trained_on=trained_on, validation=_validation(order, arrays)), found.transform


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
