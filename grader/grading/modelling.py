"""Exercises whose function returns a model: what it is called with, and how the grader trains what comes back.

The student's side makes the `fit` call, so its arguments are set here anew: nothing that was ordered decides them.
"""

from __future__ import annotations

from msgspec import structs

from grader.channel import Channel, Malformed
from grader.exercise import Exercise
from grader.grading.options import Options
from grader.run import Architecture
from grader.wire import Building, Compare, FitArguments, Maps, Order

# What `grader.supplied` makes.
OWN_LAYERS = (
    ("Conv2D", [26, 26, 8]), ("MaxPooling2D", [13, 13, 8]), ("Conv2D", [11, 11, 8]), ("MaxPooling2D", [5, 5, 8]),
    ("Flatten", [200]), ("Dense", [10]),
)  # fmt: skip
MAX_MAPS_BYTES = 100_000_000


def trains(exercise: Exercise, options: Options) -> bool:
    """Whether models are trained, or only looked at."""
    models = exercise.models
    return models is None or models.train == "always" or (models.train == "on_request" and options.train)


def building(exercise: Exercise, options: Options) -> Building | None:
    """What the student's side is told; None where the function trains by itself."""
    models = exercise.models
    if models is None:
        return None
    return Building(
        dataset=exercise.dataset or "mnist",
        pad=models.image.pad if models.image is not None else None,
        calls=models.calls,
        scale=models.fit.scale,
        examples=models.fit.examples,
        train=trains(exercise, options),
        shown=models.shown.images if models.shown is not None else [],
    )


def specified(order: Order, exercise: Exercise, options: Options, number: int) -> tuple[Order, dict[str, int] | None]:
    """The order with the exercise's own arguments of `fit`, and the call that it belongs to.

    A model that is only looked at has batches of one. Where the function trains by itself, the order stays, without a
    call.

    Args:
        number: how many orders came before.

    Raises:
        Malformed: there are more models than calls.
    """
    models = exercise.models
    if models is None:
        return order, None
    calls = models.calls or [{}]
    if number >= len(calls):
        raise Malformed("more models than calls")
    fit = models.fit
    arguments = FitArguments(batch_size=1)
    if trains(exercise, options):
        share = float(fit.validation_split)
        arguments = FitArguments(epochs=fit.epochs, batch_size=fit.batch_size, validation_split=share)
    plain = structs.replace(order, fit=arguments, callbacks=[], batch_hooks=False, weights_each_epoch=False)
    return plain, calls[number]


def memory(exercise: Exercise) -> int:
    """Bytes that a training may take."""
    own = exercise.models.fit.memory if exercise.models is not None else None
    return int(own or exercise.limits.memory)


def compare(
    maps: Maps, exercise: Exercise, trained: Architecture | None, student: Channel, trainer: Channel
) -> None:
    """Hands a function's activations on to the trainer, which compares them with its own.

    Args:
        trained: the model that was trained last, if one was.

    Raises:
        Malformed: the model that was trained isn't the grader's own, or nobody asked for activations.
    """
    shown = exercise.models.shown if exercise.models is not None else None
    layers = [(layer.kind, layer.output_shape[1:]) for layer in trained.layers] if trained is not None else []
    if shown is None or layers != list(OWN_LAYERS):
        raise Malformed("activations of another model")
    if sum(spec.nbytes for spec in maps.arrays) > MAX_MAPS_BYTES:
        raise Malformed("activations that are too large")
    assert exercise.models is not None
    scale = exercise.models.fit.scale
    trainer.send(Compare(images=shown.images, scale=scale, channel=shown.channel, arrays=maps.arrays))
    student.relay(maps.arrays, trainer)
