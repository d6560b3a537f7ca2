"""Builds the model of an order: with its seeded first weights, or again as it was at an earlier moment."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from msgspec import structs

from grader.protocol.orders import Answer
from grader.protocol.wire import Begin
from grader.trainer.order import batch_axis, rebuild
from grader.trainer.order.checking import OrderRefused as NotAllowed
from grader.trainer.order.checking import parse_model_json
from grader.trainer.training import neighbours
from grader.trainer.training.feeding import Array
from grader.trainer.training.loop import InspectedOrder, Training, run_fit
from grader.trainer.training.replay import build_weights


def build_seeded_model(opened: InspectedOrder, seed: int) -> Any:
    """The model with its seeded weights. Raises: NotAllowed: an answer of it depends on other examples of the batch."""
    keras.utils.set_random_seed(seed)
    model = build_model(opened)
    x = opened.arrays.by_role.get("x", [])
    count = min(2 * neighbours.MAX_EXAMPLES, len(x[0])) // 2 * 2 if len(x) == 1 else 0
    # The look at its neighbours may draw random numbers; the training must begin as plain Keras would.
    with keep_randomness():
        build_weights(model, opened)
        if count and neighbours.mixes_examples(model, x[0][:count]):
            raise NotAllowed("the model's answer for one example depends on the other examples in its batch", batch_axis.INSTEAD)
    return model


def build_model(opened: InspectedOrder) -> Any:
    return rebuild.build_model(opened.order.architecture, parse_model_json(opened.order.compile))


def make_first_weights_finder(opened: InspectedOrder, seed: int) -> Callable[[], list[Array]]:
    """Makes the weights again with which a model began; holds no arrays."""
    order, inputs = opened.order, [array.shape[1:] for array in opened.arrays.by_role.get("x", [])]

    def find() -> list[Array]:
        with keep_randomness():
            keras.utils.set_random_seed(seed)
            model = rebuild.build_model(order.architecture, parse_model_json(order.compile))
            if not model.built:
                model.build((None, *inputs[0]))
            weights: list[Array] = model.get_weights()
            return weights

    return find


def train_again(opened: InspectedOrder, begin: Begin, epochs: int) -> Any:
    """The model after some epochs of a training that was replayed, which no callback had changed until then.

    Args:
        epochs: as `fit` counts them, from zero.
    """
    fit = structs.replace(opened.order.fit, epochs=epochs)
    order = structs.replace(opened.order, fit=fit, weights_each_epoch=False)
    alone = InspectedOrder(order=order, arrays=opened.arrays, architecture=opened.architecture, reordered=opened.reordered)
    with keep_randomness():
        model = build_seeded_model(alone, begin.seed)
        training = Training(opened=alone, ask=_go_on, next_pass=_go_on, at_work=_go_on, limit_s=begin.limit_s)
        run_fit(model, training)
        return model


def _go_on(*_: Any) -> Any:
    return Answer()


@contextlib.contextmanager
def keep_randomness() -> Iterator[None]:
    """Puts the random numbers back where they were, also after an error: a model that trains on must not notice."""
    state = (random.getstate(), np.random.get_state())
    try:
        yield
    finally:
        random.setstate(state[0])
        np.random.set_state(state[1])
