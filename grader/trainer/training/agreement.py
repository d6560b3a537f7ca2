"""Checks that the logged accuracy is one that the trained model has, by measuring it again on the same images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grader.protocol.orders import DEFAULT_BATCH, Answer, Event, Order
from grader.records.run import tolerated_gap
from grader.trainer.order.model_json import parse_model_json
from grader.trainer.training.compile_settings import keeps_averages
from grader.trainer.training.feeding import Array, OrderArrays
from grader.trainer.training.measuring import flat_scores, measure_as_trained, pick_classes

EXAMPLES = 4000
PORTION = 100
# Less than this isn't looked into: a model is often a little worse at the end of an epoch than it was on the way.
WORTH_A_LOOK = 0.02
# Of a small dataset a few examples are a large share: the steps of an epoch may lose so many of them again.
FEW_EXAMPLES, MAX_LOST = 1000, 4


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
    # A generator of its own, so that the random numbers of the training stay as they are; and one that nobody can foresee,
    # or easy images could be put where it looks.
    places = np.random.default_rng().permutation(kept)[:EXAMPLES]
    labels = y[0][places].reshape(len(places), -1)
    whole = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    return Sample(examples=x[0][places], labels=whole, batch=fit.batch_size or max(fit.batches or [DEFAULT_BATCH]))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEpoch:
    """The accuracy that an epoch logged, on which examples, and the weights that it ended with, where they are kept."""

    accuracy: float
    seen: Sample
    weights: list[Array] | None = None


@dataclass(slots=True)
class Logged:
    """The accuracies that the trainings of one model logged.

    Args:
        key: of the accuracy in the logs of the training that is on; None where nothing there is one.
        seen: what it trains on.
        averaged: its weights are replaced by their averages when it ends, so what it logged isn't theirs.
    """

    key: str | None = None
    seen: Sample | None = None
    averaged: bool = False
    epochs: dict[int, LoggedEpoch] = field(default_factory=dict)
    last: LoggedEpoch | None = None
    best: LoggedEpoch | None = None

    def begin(self, key: str | None, seen: Sample | None, *, averaged: bool = False) -> None:
        """Another training of the same model; until an epoch of it is over, those of the one before stand."""
        self.key, self.seen, self.averaged, self.epochs = key, seen, averaged, {}

    def note(self, event: Event, answer: Answer, weights: list[Array]) -> None:
        """A hook with its answer, which may go back to the weights of an earlier epoch.

        Args:
            weights: those that an epoch ended with; of the best one they are kept.
        """
        if event.hook == "epoch_end" and self.key in event.logs and self.seen is not None:
            epoch = LoggedEpoch(accuracy=event.logs[self.key], seen=self.seen)
            self.epochs[event.index] = epoch
            self.last = None if self.averaged else epoch
            if weights and (self.best is None or epoch.accuracy > self.best.accuracy):
                self.best = replace(epoch, weights=weights)
        # A callback such as EarlyStopping has put earlier weights back, so that epoch's figure is the one to compare.
        if answer.restore in self.epochs and not self.averaged:
            self.last = self.epochs[answer.restore]

    def find_gap(self, measured: float, model: Callable[[], Any]) -> tuple[float, float]:
        """How far a logged accuracy lies above the best that the model reaches on the images of the training.

        What dropout, noise, augmentation and moving averages take from a measured accuracy or add to a logged one is in
        both figures, as the model is measured twice: as a prediction, and the way a step of the training sees it.

        Args:
            measured: the accuracy of the trained model on all of the dataset's training images.
            model: gives the trained model.

        Returns:
            The gap and the logged accuracy, of the last epoch or of the best one: whichever has more to explain.
        """
        found = [(0.0, 0.0)]
        if self.last is not None and self.last.accuracy - measured > WORTH_A_LOOK:
            found.append((_gap(self.last, model(), measured), self.last.accuracy))
        # A line that was crossed in an earlier epoch counts, too, so its own weights must have that accuracy.
        if self.best is not None and (self.last is None or self.best.accuracy > self.last.accuracy):
            found.append((_gap_with_own_weights(self.best, model()), self.best.accuracy))
        return max(found, key=lambda each: each[0] / tolerated_gap(each[1]))


def begin_logging(
    logged_of: dict[int, Logged], order: Order, arrays: OrderArrays, key: str | None, *, goes_on: bool
) -> None:
    """Another training of one of the models by number; one that goes on answers for all that it logged before."""
    if not goes_on:
        logged_of[order.model] = Logged()
    averaged = keeps_averages(parse_model_json(order.compile))
    logged_of[order.model].begin(key, sample(order, arrays), averaged=averaged)


def _gap(epoch: LoggedEpoch, model: Any, measured: float = 0.0) -> float:
    best = max(measured, _accuracy(model, epoch.seen))
    # Asked only where a plain prediction doesn't explain the logged figure.
    if epoch.accuracy - best > WORTH_A_LOOK:
        best = max(best, measure_as_trained(model, epoch.seen.examples, epoch.seen.labels, epoch.seen.batch))
    lost = MAX_LOST / len(epoch.seen.labels) if len(epoch.seen.labels) < FEW_EXAMPLES else 0.0
    return max(0.0, epoch.accuracy - best - lost)


def _gap_with_own_weights(epoch: LoggedEpoch, model: Any) -> float:
    """The same for an earlier epoch; the model is as it was afterwards."""
    kept = model.get_weights()
    try:
        model.set_weights(epoch.weights)
        return _gap(epoch, model)
    finally:
        model.set_weights(kept)


def _accuracy(model: Any, seen: Sample) -> float:
    right = 0
    for start in range(0, len(seen.examples), PORTION):
        scores = flat_scores(model(seen.examples[start : start + PORTION], training=False))
        right += int((pick_classes(scores) == seen.labels[start : start + PORTION]).sum())
    return right / len(seen.examples)
