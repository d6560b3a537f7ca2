"""Checks that the logged accuracy is one that the trained model has, by measuring it again on the same images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.protocol.wire import Answer, Event, Order
from grader.trainer.training.feeding import Array, OrderArrays
from grader.trainer.training.measuring import flat_scores, measure_as_trained, pick_classes

DEFAULT_BATCH = 32
EXAMPLES = 4000
PORTION = 100
# Less than this isn't looked into: a model is often a little worse at the end of an epoch than it was on the way.
WORTH_A_LOOK = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Some of the examples that an epoch trains on, with whole labels, and how many of them make a batch."""

    examples: Array
    labels: Array
    batch: int


def sample(order: Order, arrays: OrderArrays) -> Sample | None:
    """Examples by chance; None where the order isn't one of images with a label each."""
    x, y = arrays.by_role.get("x", []), arrays.by_role.get("y", [])
    if len(x) != 1 or len(y) != 1 or not len(x[0]) or len(x[0]) != len(y[0]):
        return None
    fit = order.fit
    # Keras takes the validation split from the end, before it shuffles.
    kept = max(1, int(len(x[0]) * (1.0 - fit.validation_split)))
    # A generator of its own, so that the random numbers of the training stay as they are.
    places = np.random.default_rng(0).permutation(kept)[:EXAMPLES]
    labels = y[0][places].reshape(len(places), -1)
    whole = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    return Sample(examples=x[0][places], labels=whole, batch=fit.batch_size or max(fit.batches or [DEFAULT_BATCH]))


@dataclass(slots=True)
class Logged:
    """The accuracies that a training logged, epoch by epoch, and the epoch that its weights come from.

    Args:
        key: of the accuracy in the logs; None where nothing there is one.
    """

    key: str | None
    by_epoch: dict[int, float] = field(default_factory=dict)
    last: int | None = None

    def note(self, event: Event, answer: Answer) -> None:
        """A hook with its answer, which may go back to the weights of an earlier epoch."""
        if event.hook == "epoch_end" and self.key is not None and self.key in event.logs:
            self.by_epoch[event.index] = event.logs[self.key]
            self.last = event.index
        # A callback such as EarlyStopping has put earlier weights back, so that epoch's figure is the one to compare.
        if answer.restore is not None and answer.restore in self.by_epoch:
            self.last = answer.restore

    def gap(self, measured: float, seen: Sample | None, model: Callable[[], Any]) -> float:
        """How far the logged accuracy lies above the best that the model reaches on the images of the training.

        What dropout, noise, augmentation and moving averages take from a measured accuracy or add to a logged one is in
        both figures, as the model is measured twice: as a prediction, and the way a step of the training sees it.

        Args:
            measured: the accuracy on all of the dataset's training images.
        """
        logged = None if self.last is None else self.by_epoch[self.last]
        if logged is None or seen is None or logged - measured <= WORTH_A_LOOK:
            return 0.0
        again = model()
        best = max(measured, _accuracy(again, seen))
        # Asked only where a plain prediction doesn't explain the logged figure.
        if logged - best > WORTH_A_LOOK:
            best = max(best, measure_as_trained(again, seen.examples, seen.labels, seen.batch))
        return max(0.0, logged - best)


def _accuracy(model: Any, seen: Sample) -> float:
    right = 0
    for start in range(0, len(seen.examples), PORTION):
        scores = flat_scores(model(seen.examples[start : start + PORTION], training=False))
        right += int((pick_classes(scores) == seen.labels[start : start + PORTION]).sum())
    return right / len(seen.examples)
