"""Weights that the trainer has given out in one submission, in order: what a later training may go on from.

An order names them by number. No weights ever come from the student's side, so nothing can be edited on the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.protocol.orders import MAX_OPTIMIZER_VALUES, Answer, Event, Origin
from grader.protocol.wire import Begin
from grader.trainer.order.checking import OrderRefused
from grader.trainer.training.building import train_again
from grader.trainer.training.feeding import Array
from grader.trainer.training.loop import AskCallbacks, InspectedOrder

MAX_KEPT_BYTES = 600_000_000
FindState = Callable[[], list[Array]]


@dataclass(slots=True, kw_only=True)
class Handout:
    """Weights of a model at one moment, and how to get the variables of its optimizer then."""

    model: int
    weights: list[Array] | None
    find_optimizer: FindState
    optimizer: list[Array] | None = None


class Handouts:
    """All of one submission; of the oldest, what doesn't fit into memory is let go."""

    def __init__(self) -> None:
        self.given: list[Handout] = []
        self.live: Any = None  # the model that is being trained; None while a stored training is replayed

    def watch_training(self, opened: InspectedOrder, ask: AskCallbacks, replayed: Begin | None = None) -> AskCallbacks:
        """The same `ask`, which keeps the weights that the callbacks get after an epoch.

        Args:
            replayed: how the training began, if it may be replayed: then nothing but its weights is there.
        """

        def keep_and_ask(event: Event, weights: list[Array]) -> Answer:
            # Of a training that is never replayed, weights also come for the trainer's own measure, and are given to nobody.
            if weights and opened.order.weights_each_epoch:
                optimizer = copy_optimizer(self.live) if self.live is not None else None
                done = event.index + 1
                again = find_no_weights if replayed is None else lambda: copy_optimizer(train_again(opened, replayed, done))
                self.keep(opened.order.model, weights, again, optimizer)
            return ask(event, weights)

        return keep_and_ask

    def keep(self, model: int, weights: list[Array], find_optimizer: FindState, optimizer: list[Array] | None = None) -> None:
        """Keeps what is given out next."""
        self.given.append(Handout(model=model, weights=weights, find_optimizer=find_optimizer, optimizer=optimizer))
        self._bound_memory()

    def keep_optimizer(self, number: int) -> None:
        """Keeps the optimizer of a handout now, before its model goes on."""
        handout = self.given[number]
        if handout.weights is not None:
            handout.optimizer = handout.optimizer or handout.find_optimizer()
        handout.find_optimizer = find_no_weights  # and let its model go
        self._bound_memory()

    def void(self, first: int) -> None:
        """A training broke off; what it gave out, from the `first` on, is no longer good."""
        for handout in self.given[first:]:
            handout.weights = handout.optimizer = None

    def find_models(self, origin: Origin | None) -> set[int]:
        """The models that an origin leads to."""
        numbers = () if origin is None else (origin.handout, origin.optimizer)
        return {self.given[number].model for number in numbers if number is not None and number < len(self.given)}

    def find_weights(self, number: int) -> list[Array]:
        """The weights of a handout. Raises: OrderRefused: there is none, or it is no longer kept."""
        weights = self.given[number].weights if number < len(self.given) else None
        if weights is None:
            raise _lost("weights")
        return weights

    def find_optimizer(self, number: int) -> list[Array]:
        """The variables of its optimizer. Raises: OrderRefused: there is none, or it is no longer kept."""
        if number >= len(self.given) or self.given[number].weights is None:
            raise _lost("the state of an optimizer")
        handout = self.given[number]
        return handout.optimizer or handout.find_optimizer()

    def _bound_memory(self) -> None:
        total = 0
        for handout in reversed(self.given):
            total += sum(array.nbytes for array in (*(handout.weights or ()), *(handout.optimizer or ())))
            # The newest is always kept: a model that is saved and loaded goes on from there.
            if total > MAX_KEPT_BYTES and handout is not self.given[-1]:
                handout.weights = handout.optimizer = None


def find_no_weights() -> list[Array]:
    """In the place of weights that can't be had. Raises: OrderRefused."""
    raise _lost("weights")


def _lost(what: str) -> OrderRefused:
    return OrderRefused(f"the model goes on from {what} that the grader no longer keeps", "go on from the last training's, or train fewer models")


def take_weights(model: Any, weights: list[Array]) -> None:
    """Sets a model's weights. Raises: OrderRefused: they are another model's."""
    if [tuple(variable.shape) for variable in model.weights] != [array.shape for array in weights]:
        raise OrderRefused("the model goes on from the weights of another model", "go on with a model of the same layers")
    model.set_weights(weights)


def take_optimizer(model: Any, variables: list[Array]) -> None:
    """Sets the variables of a model's optimizer. Raises: OrderRefused: they are another optimizer's."""
    model.optimizer.build(model.trainable_variables)
    own = model.optimizer.variables
    if [tuple(variable.shape) for variable in own] != [array.shape for array in variables]:
        raise OrderRefused("the model goes on with the state of another optimizer", "compile it as it was compiled before")
    for variable, value in zip(own, variables, strict=True):
        # A rate that was set after loading is the order's own.
        if variable is not getattr(model.optimizer, "_learning_rate", None):
            variable.assign(value)


def copy_optimizer(model: Any) -> list[Array]:
    """The variables of a model's optimizer; none of one that is too large to keep."""
    if sum(math.prod(variable.shape) for variable in model.trainable_variables) > MAX_OPTIMIZER_VALUES:
        return []
    model.optimizer.build(model.trainable_variables)
    return [variable.numpy().copy() for variable in model.optimizer.variables]
