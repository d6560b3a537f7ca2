"""Exercises whose function returns a model: what it is called with, and how the grader trains what comes back.

The student's side makes the `fit` call, so its arguments are set here anew: nothing that was ordered decides them.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import structs

from grader.courses.exercise import Exercise
from grader.grading.options import GradingOptions
from grader.protocol.channel import Channel, MalformedMessage
from grader.protocol.wire import Building, Compare, FitArguments, Maps, Order
from grader.records.run import Architecture

# What `grader.data.supplied_model` makes.
SUPPLIED_LAYERS = (
    ("Conv2D", [26, 26, 8]), ("MaxPooling2D", [13, 13, 8]), ("Conv2D", [11, 11, 8]), ("MaxPooling2D", [5, 5, 8]),
    ("Flatten", [200]), ("Dense", [10]),
)  # fmt: skip
MAX_MAPS_BYTES = 100_000_000
# How `to_json` of a model begins.
MODEL_CLASS = re.compile(r'\{"module": "[^"]{0,200}", "class_name": "(\w{1,100})"')


def should_train(exercise: Exercise, options: GradingOptions) -> bool:
    """Whether models are trained, or only looked at."""
    models = exercise.models
    return models is None or models.train == "always" or (models.train == "on_request" and options.train)


def count_models(exercise: Exercise) -> int:
    """How many models the graded function is asked for; 0 where it trains by itself."""
    return len(exercise.models.calls or [{}]) if exercise.models is not None else 0


def build_calls_message(exercise: Exercise, options: GradingOptions) -> Building | None:
    """Builds the calls that the student's side makes; None if the function trains by itself."""
    models = exercise.models
    if models is None:
        return None
    return Building(
        dataset=exercise.dataset or "mnist",
        pad=models.image.pad if models.image is not None else None,
        calls=models.calls,
        scale=models.fit.scale,
        examples=models.fit.examples,
        train=should_train(exercise, options),
        shown=models.shown.images if models.shown is not None else [],
    )


def apply_fit_settings(order: Order, exercise: Exercise, options: GradingOptions, number: int) -> tuple[Order, dict[str, int] | None]:
    """The order with the exercise's own arguments of `fit`, and the call that it belongs to.

    A model that is only looked at has batches of one. Where the function trains by itself, the order stays, without a
    call.

    Args:
        number: how many orders came before.

    Raises:
        MalformedMessage: there are more models than calls.
    """
    models = exercise.models
    if models is None:
        return order, None
    calls = models.calls or [{}]
    # The student's side makes one order per call; more can only come from code that imitates it.
    if number >= len(calls):
        raise MalformedMessage("more models than calls")
    fit = models.fit
    arguments = FitArguments(batch_size=1)
    if should_train(exercise, options):
        share = float(fit.validation_split)
        arguments = FitArguments(epochs=fit.epochs, batch_size=fit.batch_size, validation_split=share)
    # Callbacks and `fit` arguments in this order come from the student's process; the exercise's own replace them.
    plain = structs.replace(order, fit=arguments, callbacks=[], batch_hooks=False, weights_each_epoch=False)
    return plain, calls[number]


def describe_ordered_model(order: Order, call: dict[str, int] | None, exercise: Exercise) -> dict[str, Any] | None:
    """What the function must have returned for a model to be ordered, where it shall return one; else None.

    The run may end at this order, before the function's own answer comes.
    """
    if exercise.models is None or exercise.models.shown is not None:
        return None
    found = MODEL_CLASS.match(order.architecture)
    return {"call": call or {}, "returned": found[1] if found else "Keras", "model": True, "compiled": True}


def find_memory_limit(exercise: Exercise) -> int:
    """Bytes that a training may take."""
    own = exercise.models.fit.memory if exercise.models is not None else None
    return int(own or exercise.limits.memory)


def relay_activations(
    maps: Maps, exercise: Exercise, trained: Architecture | None, student: Channel, trainer: Channel
) -> None:
    """Relays a function's activations to the trainer, which compares them with its own.

    Args:
        trained: the model that was trained last, if one was.

    Raises:
        MalformedMessage: the model that was trained isn't the grader's own, or nobody asked for activations.
    """
    shown = exercise.models.shown if exercise.models is not None else None
    layers = [(layer.kind, layer.output_shape[1:]) for layer in trained.layers] if trained is not None else []
    # Compared layer by layer: activations of a model that the student trained would prove nothing.
    if shown is None or layers != list(SUPPLIED_LAYERS):
        raise MalformedMessage("activations of another model")
    if sum(spec.nbytes for spec in maps.arrays) > MAX_MAPS_BYTES:
        raise MalformedMessage("activations that are too large")
    assert exercise.models is not None
    scale = exercise.models.fit.scale
    trainer.send(Compare(images=shown.images, scale=scale, channel=shown.channel, arrays=maps.arrays))
    student.relay_arrays(maps.arrays, trainer)
