"""The tasks of a training attempt: what is done with what a file declares, and what the trainer is asked to do with it.

The student's side makes every `fit` call; where a task knows the arguments, they are set here anew, so that nothing
that was ordered decides them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar, Literal

from msgspec import structs

from grader.courses.exercise import Exercise, Kind
from grader.grading.options import GradingOptions
from grader.protocol.channel import Channel, MalformedMessage
from grader.protocol.datasets import USUAL_DATASET, DatasetRef, DatasetSource, get_dataset_id
from grader.protocol.orders import FitArguments, Order
from grader.protocol.wire import Building, Compare, Maps, Measure
from grader.records.run import Architecture

# What `grader.data.supplied_model` makes.
SUPPLIED_LAYERS = (
    ("Conv2D", [26, 26, 8]), ("MaxPooling2D", [13, 13, 8]), ("Dropout", [13, 13, 8]), ("Conv2D", [11, 11, 8]),
    ("Conv2D", [9, 9, 8]), ("MaxPooling2D", [4, 4, 8]), ("Flatten", [128]), ("Dense", [10]),
)  # fmt: skip
MAX_MAPS_BYTES = 100_000_000
# How `to_json` of a model begins.
MODEL_CLASS = re.compile(r'\{"module": "[^"]{0,200}", "class_name": "(\w{1,100})"')


class Task:
    """A function, or the file itself, trains by its own `fit`, whose order stays as it is."""

    # Whether each model is measured as it comes, instead of the last one at the end.
    collects: ClassVar[bool] = False

    def __init__(self, exercise: Exercise, options: GradingOptions) -> None:
        self.exercise, self.options = exercise, options
        self.dataset: DatasetRef = exercise.source or exercise.dataset or USUAL_DATASET

    @property
    def dataset_id(self) -> str:
        """The dataset's id."""
        return get_dataset_id(self.dataset)

    @property
    def usual_dataset(self) -> str:
        """The dataset with which a trainer can rehearse; empty for a course's own."""
        return self.dataset if isinstance(self.dataset, str) else ""

    @property
    def public_dataset(self) -> DatasetRef:
        """The dataset as a student process may know it: without where the secret split lies."""
        return self.dataset if isinstance(self.dataset, str) else self.dataset.hide_held_out()

    @property
    def own_dataset(self) -> DatasetSource | None:
        """The same, where it is the course's own."""
        return None if isinstance(self.dataset, str) else self.dataset.hide_held_out()

    @property
    def readable(self) -> tuple[Path, ...]:
        """What a student process may read beside what all may: the files of a course's own dataset."""
        return () if isinstance(self.dataset, str) else self.dataset.readable

    @property
    def trains(self) -> bool:
        """Whether models are trained, or only looked at."""
        return True

    @property
    def model_count(self) -> int:
        """How many models the graded function is asked for; 0 where it trains by itself."""
        return 0

    @property
    def memory(self) -> int:
        """Bytes that a training may take."""
        return int(self.exercise.limits.memory)

    def build_calls_message(self) -> Building | None:
        """Builds the calls that the student's side makes; None: the function is called without arguments."""
        return None

    def apply_settings(self, order: Order, number: int) -> tuple[Order, dict[str, int] | None]:
        """The order as it is trained, and the call that it belongs to, if the task makes the calls.

        Args:
            number: how many orders came before.

        Raises:
            MalformedMessage: there are more models than calls.
        """
        del number
        return order, None

    def describe_return(self, order: Order, call: dict[str, int] | None) -> dict[str, Any] | None:
        """What the function must have returned for a model to be ordered, where it shall return one; else None.

        The run may end at this order, before the function's own answer comes.
        """
        del order, call
        return None

    # Whether the trainer is asked what became of the pixels, and nothing else.
    prepares: ClassVar[bool] = False

    def build_measurement(self) -> Measure:
        """Builds what the trainer is asked once everything is trained."""
        return Measure()

    def relay_activations(
        self, maps: Maps, trained: Architecture | None, student: Channel, trainer: Channel
    ) -> None:
        """Relays a function's activations to the trainer, which compares them with its own.

        Args:
            trained: the model that was trained last, if one was.

        Raises:
            MalformedMessage: the model that was trained isn't the grader's own, or nobody asked for activations.
        """
        raise MalformedMessage("activations that nobody asked for")


class ModelTask(Task):
    """The function returns models, which the grader trains, or looks at."""

    collects = True

    def __init__(self, exercise: Exercise, options: GradingOptions) -> None:
        super().__init__(exercise, options)
        assert exercise.models is not None
        self.models = exercise.models

    @property
    def trains(self) -> bool:
        return self.models.train == "always" or (self.models.train == "on_request" and self.options.train)

    @property
    def model_count(self) -> int:
        return len(self.models.calls or [{}])

    @property
    def memory(self) -> int:
        return int(self.models.fit.memory or super().memory)

    def build_calls_message(self) -> Building | None:
        models = self.models
        return Building(
            dataset=self.public_dataset,
            pad=models.image.pad if models.image is not None else None,
            calls=models.calls,
            scale=models.fit.scale,
            examples=models.fit.examples,
            train=self.trains,
            channel=models.channel,
        )

    def apply_settings(self, order: Order, number: int) -> tuple[Order, dict[str, int] | None]:
        """The order with the exercise's own arguments of `fit`; a model that is only looked at has batches of one."""
        calls = self.models.calls or [{}]
        # The student's side makes one order per call; more can only come from code that imitates it.
        if number >= len(calls):
            raise MalformedMessage("more models than calls")
        fit = self.models.fit
        arguments = FitArguments(batch_size=1)
        if self.trains:
            share = float(fit.validation_split)
            arguments = FitArguments(epochs=fit.epochs, batch_size=fit.batch_size, validation_split=share)
        # Callbacks and `fit` arguments in this order come from the student's process; the exercise's own replace them.
        plain = structs.replace(order, fit=arguments, callbacks=[], batch_hooks=False, weights_each_epoch=False)
        return plain, calls[number]

    def describe_return(self, order: Order, call: dict[str, int] | None) -> dict[str, Any] | None:
        found = MODEL_CLASS.match(order.architecture)
        return {"call": call or {}, "returned": found[1] if found else "Keras", "model": True, "compiled": True}


class ActivationTask(ModelTask):
    """The function is called with the grader's own model, trained, and returns activations."""

    def describe_return(self, order: Order, call: dict[str, int] | None) -> dict[str, Any] | None:
        return None

    def build_calls_message(self) -> Building | None:
        assert self.models.shown is not None
        plain = super().build_calls_message()
        return None if plain is None else structs.replace(plain, use="show", shown=self.models.shown.images)

    def relay_activations(
        self, maps: Maps, trained: Architecture | None, student: Channel, trainer: Channel
    ) -> None:
        layers = [(layer.kind, layer.output_shape[1:]) for layer in trained.layers] if trained is not None else []
        # Compared layer by layer: activations of a model that the student trained would prove nothing.
        if layers != list(SUPPLIED_LAYERS):
            raise MalformedMessage("activations of another model")
        if sum(spec.nbytes for spec in maps.arrays) > MAX_MAPS_BYTES:
            raise MalformedMessage("activations that are too large")
        shown = self.models.shown
        assert shown is not None
        scale = self.models.fit.scale
        trainer.send(Compare(images=shown.images, scale=scale, channel=shown.channel, arrays=maps.arrays))
        student.relay_arrays(maps.arrays, trainer)


class GivenTask(Task):
    """The function is given the training images and their labels, and trains."""

    use: ClassVar[Literal["prepare", "fit"]] = "fit"

    def build_calls_message(self) -> Building | None:
        given = self.exercise.given
        assert given is not None
        return Building(dataset=self.public_dataset, use=self.use, scale=given.scale, channel=given.channel, train=True)


class PreparationTask(GivenTask):
    """The function is given the training images and returns them prepared; nothing is trained."""

    prepares = True
    use = "prepare"

    @property
    def trains(self) -> bool:
        return False

    def apply_settings(self, order: Order, number: int) -> tuple[Order, dict[str, int] | None]:
        return _order_without_training(order, number), None


class PredictionTask(Task):
    """The function is given numbers, trains on data of its own, and predicts others."""

    def build_calls_message(self) -> Building | None:
        return Building(dataset=self.public_dataset, use="predict", values=self._list_values())

    def build_measurement(self) -> Measure:
        return Measure(values=self._list_values())

    def _list_values(self) -> list[float]:
        assert self.exercise.given is not None
        return self.exercise.given.values


class CallbackTask(Task):
    """A callback's class is tried on curves; nothing is trained."""

    @property
    def trains(self) -> bool:
        return False

    def build_calls_message(self) -> Building | None:
        return Building(dataset=self.public_dataset, use="stop")

    def apply_settings(self, order: Order, number: int) -> tuple[Order, dict[str, int] | None]:
        return _order_without_training(order, number), None


def _order_without_training(order: Order, number: int) -> Order:
    # The runtime orders once; a second order can only come from code of the file, which has nothing to train here.
    if number:
        raise MalformedMessage("more orders than one")
    return structs.replace(order, fit=FitArguments(batch_size=1))


TASKS: dict[Kind, type[Task]] = {
    "builds": ModelTask,
    "shows": ActivationTask,
    "prepares": PreparationTask,
    "fits": GivenTask,
    "predicts": PredictionTask,
    "stops": CallbackTask,
}


def make_task(exercise: Exercise, options: GradingOptions) -> Task:
    """The task of an exercise that doesn't call a plain function."""
    kind = exercise.kind
    return (Task if kind is None else TASKS.get(kind, Task))(exercise, options)
