"""What the trainer does for one submission: opens, trains and measures what it orders, one order at a time."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from msgspec import structs

from grader.data import find_source, load_dataset, load_held_out
from grader.protocol.arrays import ArraySpec, check_same_form
from grader.protocol.channel import Channel
from grader.protocol.datasets import DatasetRef, get_dataset_id, make_dataset_key
from grader.protocol.orders import Answer, Event, NeedPass, Order, Pass, Trained
from grader.protocol.wire import (
    Begin,
    Compare,
    Draw,
    Drawn,
    Measure,
    NeedsThreads,
    Open,
    Refused,
    Rejected,
    Tally,
    Waiting,
)
from grader.protocol.wire import Opened as OpenedMessage
from grader.records.run import Architecture, DataMatch
from grader.trainer import activations, held_out
from grader.trainer.exhaustion import should_replace_process
from grader.trainer.match.ordered_data import MatchCache, match_order
from grader.trainer.match.passes import Passes
from grader.trainer.order import rebuild
from grader.trainer.order.checking import OrderRefused as NotAllowed
from grader.trainer.order.checking import parse_model_json
from grader.trainer.order.identity import extract_immutable_config
from grader.trainer.order.model_json import OrderTooLarge
from grader.trainer.order.seeding import mix_seeds
from grader.trainer.training import agreement, measuring, measuring_errors, neighbours, replay, trajectory
from grader.trainer.training.building import keep_randomness
from grader.trainer.training.feeding import Array, OrderArrays, read_arrays, read_ordered_arrays
from grader.trainer.training.looks import Looks
from grader.trainer.training.loop import InspectedOrder
from grader.trainer.training.trainees import Trainee, Trainees
from grader.trainer.training.trajectory import TrajectoryArchive

EFFECT_EXAMPLES = 64  # images that show whether a layer makes a difference
# Multiplications of one step, about three minutes' worth: what comes near to no sign of work isn't begun.
MAX_STEP_PRODUCTS = {"cpu": 4e12, "gpu": 4e14}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """What stays from one submission to the next."""

    archive: TrajectoryArchive | None
    machine: str
    device: str
    find: MatchCache
    one_thread: bool = False


class SubmissionTrainer:
    """Opens, trains and measures what one submission orders, one order at a time."""

    def __init__(self, channel: Channel, lasting: ProcessState) -> None:
        self.channel, self.lasting, self.held = channel, lasting, lasting.find.held.copy_held()
        self.trainees = Trainees(lasting.archive, lasting.machine, self._send_sign_of_work, lasting.find.digests)
        self.passes: dict[int, list[Passes]] = {}  # by model, of each pipeline that it was trained on
        self.trained: Trainee | None = None
        self.opened: InspectedOrder | None = None
        self.order: Order | None = None
        self.data = DataMatch(dataset=None, examples=0, trained_on=0)
        self.transform: Any = None
        self.dataset: DatasetRef = ""
        self.logged_of: dict[int, agreement.Logged] = {}
        self.logged = agreement.Logged()
        self.looks = Looks(self._send_sign_of_work)
        self.broken = False
        self.threshold = measuring.HALF_SURE
        self.drawn: held_out.HeldOut | None = None

    def handle_message(self, message: Any) -> None:
        """Answers one message of the front."""
        match message:
            case Open():
                self._open_order(message)
            case Begin():
                self._begin_training(message)
            case Measure(values=[]):
                self._measure_model()
            case Measure(values=values):
                self._predict_values(values)
            case Compare():
                self._compare_activations(message)
            case Draw():
                self._draw_images(message)
            case Tally():
                assert self.drawn is not None
                self.channel.send(held_out.count_right(self.drawn, message.classes))

    def _open_order(self, message: Open) -> None:
        order, self.opened, self.dataset = message.order, None, message.dataset
        self.order = order
        arrays = OrderArrays(order.arrays, read_ordered_arrays(self.channel, order.arrays, self.held))
        try:
            with keep_randomness():
                architecture = self._inspect_order(message, arrays)
        except NotAllowed as error:
            too_much = isinstance(error, OrderTooLarge)
            self.channel.send(Refused(message=error.what, instead=error.instead, out_of_memory=too_much))
            return
        except Exception as error:
            self._report_failure(error)
            return
        order = self.order or order  # with seeds of the trainer's own, where it needs some
        self._shuffle_pattern(arrays, self.data)
        goes_on = order.model in self.trainees.by_number
        agreement.begin_logging(self.logged_of, order, arrays, architecture.accuracy_key, goes_on=goes_on)
        shared, reordered = self.trainees.replace_known_arrays(arrays), not self.data.same_order
        self.opened = InspectedOrder(order=order, arrays=shared, architecture=architecture, reordered=reordered)
        about = find_source(message.dataset).about
        self.threshold = measuring.pick_threshold(about, arrays.by_role.get("y", []))
        known = self.transform is not None and about.kind == "image"
        pixels = measuring.find_pixel_ends(self.transform, about.example_shape) if known else None
        self.channel.send(OpenedMessage(architecture=architecture, data=self.data, pixels=pixels))

    def _inspect_order(self, message: Open, arrays: OrderArrays) -> Architecture:
        """Looks at an order's model and matches its data; changes nothing of a model that trains on."""
        order = message.order
        shapes = [array.shape for array in arrays.by_role.get("x", [])]
        labels = arrays.by_role.get("y", [])
        architecture = rebuild.inspect_order(
            order.architecture,
            parse_model_json(order.compile),
            shapes,
            message.memory,
            batch_size=order.fit.batch_size or max(order.fit.batches or [0]) or None,
            label_shape=labels[0].shape if len(labels) == 1 else None,
            weighted=_has_sample_weights(order),
            most_products=MAX_STEP_PRODUCTS[self.lasting.device],
        )
        order = self.order = mix_seeds(order)
        self._check_unchanged(order, architecture)
        self.trainees.check_room(order, architecture, arrays, message.memory)
        passes = self.passes.setdefault(order.model, [])
        for model in self.trainees.handouts.find_models(order.origin) - {order.model}:
            passes.extend(self.passes.get(model, []))
        passes.append(Passes(find_source(message.dataset).about.splits.train))
        self.data, self.transform = match_order(order, arrays, message.dataset, self.lasting.find, passes[-1])
        return architecture

    def _check_unchanged(self, order: Order, architecture: Architecture) -> None:
        """A second `fit` goes on with the first one's model, so that must be the one that is declared."""
        before = self.trainees.by_number.get(order.model)
        if before is None:
            return
        if _list_layer_forms(before.architecture) != _list_layer_forms(
            architecture
        ) or before.lasting != extract_immutable_config(order.architecture):
            raise NotAllowed("the model's layers were changed after it was trained", "build a new model instead")

    def _begin_training(self, begin: Begin) -> None:
        assert self.opened is not None
        # The front guesses from the file's text which trainer suits; a model's figures must not depend on that guess.
        if self.lasting.one_thread and has_convolutions(self.opened.architecture):
            self.channel.send(NeedsThreads())
            return
        logged = self.logged_of[self.opened.order.model]
        try:
            trained, trainee = self._look_and_train(self.opened, begin)
        except NotAllowed as error:
            self.channel.send(Refused(message=error.what, instead=error.instead))
            return
        except Exception as error:
            self._report_failure(error)
            return
        finally:
            self.opened = None
        self.trained, self.logged, trainee.transform = trainee, logged, self.transform
        weights = [np.ascontiguousarray(array) for array in trainee.list_weights()]
        assert self.order is not None
        self.looks.trained = self.order.architecture
        self.trainees.hand_out(self.order.model, trainee, weights)
        trained = structs.replace(trained, data=self.data)
        self.channel.send(_add_array_specs(trained, weights), [_to_buffer(array) for array in weights])

    def _look_and_train(self, opened: InspectedOrder, begin: Begin) -> tuple[Trained, Trainee]:
        try:
            self.looks.look_before_training(opened)
        except BaseException:
            # As where the training itself breaks off: the front counts on it that such a model begins anew.
            self.trainees.by_number.pop(opened.order.model, None)
            raise
        return self.trainees.train_model(opened, begin, self._ask_callbacks, self._request_pass)

    def _send_sign_of_work(self, uncounted_s: float) -> None:
        """A sign of work, for the front's patience and its clock."""
        self.channel.send(Waiting(seconds=uncounted_s))

    def _transform_images(self, images: Array) -> Array:
        """One of many portions to measure on."""
        assert self.trained is not None
        self._send_sign_of_work(0.0)
        transformed: Array = self.trained.transform(images)
        return transformed

    def _report_failure(self, error: Exception) -> None:
        traceback.print_exception(error)  # into the log that GRADE_DEBUG shows
        # This submission goes on; the pool replaces the process after it.
        self.broken = self.broken or should_replace_process(error)
        self.channel.send(replay.to_message(error))

    def _ask_callbacks(self, event: Event, weights: list[Array]) -> Answer:
        assert self.order is not None
        shown = [np.ascontiguousarray(array) for array in weights] if self.order.weights_each_epoch else []
        self.channel.send(_add_array_specs(event, shown), [_to_buffer(array) for array in shown])
        answer = self.channel.receive()
        assert isinstance(answer, Answer)
        # Nobody who wasn't given an epoch's weights can put them back.
        answer = answer if self.order.weights_each_epoch else structs.replace(answer, restore=None)
        self.logged_of[self.order.model].note(event, answer, weights)
        return answer

    def _shuffle_pattern(self, arrays: OrderArrays, data: DataMatch) -> None:
        """No pass of a pipeline is trained on in an order that says something about labels; arrays are shuffled by `fit`."""
        if data.patterned and self.order is not None and self.order.fit.batches:
            trajectory.shuffle_pass(arrays, self.lasting.find.digests)

    def _request_pass(self) -> tuple[OrderArrays, list[int]] | None:
        self.channel.send(NeedPass())
        message = self.channel.receive()
        assert isinstance(message, Pass)
        assert self.order is not None
        passes = self.passes[self.order.model][-1]
        if not message.arrays:
            self.data = self.data.pick_worse(passes.repeat_epoch() or self.data, get_dataset_id(self.dataset))
            return None
        # Read first and checked then: bytes left unread would be taken for the next message.
        arrays = OrderArrays(message.arrays, read_arrays(self.channel, message.arrays))
        try:
            check_same_form(self.order.arrays, message.arrays)
        except ValueError as error:
            raise rebuild.KerasRejected(str(error)) from error
        if not message.batches:  # it ran out of data: Keras trains nothing in such an epoch
            return arrays.take_none(), []
        order = structs.replace(self.order, fit=structs.replace(self.order.fit, batches=message.batches))
        seen, _ = match_order(order, arrays, self.dataset, self.lasting.find, passes)
        # One good pass must not hide a bad one.
        self.data = self.data.pick_worse(seen, get_dataset_id(self.dataset))
        self._shuffle_pattern(arrays, seen)
        return arrays, message.batches

    def _measure_model(self) -> None:
        assert self.trained is not None
        if self.trained.transform is None:
            self.channel.send(Rejected(message="the preprocessing of the training images can't be recognised"))
            return
        key = make_dataset_key(self.dataset)
        measured = self.trainees.find_measured(self.trained, key)
        try:
            if measured is None:
                dataset = load_dataset(self.dataset, verify=True)
                model = self.trainees.build_trained_model(self.trained)
                count = measuring.pick_portion_size(self.trained.architecture)
                if self.lasting.device == "cpu":
                    model = measuring.in_single_precision(model)
                source = find_source(self.dataset)
                regression = source.about.task == "regression"
                accuracies = partial(measuring.measure_accuracies, threshold=self.threshold)
                measure = measuring_errors.measure_errors if regression else accuracies
                measured = measure(model, dataset, self._transform_images, count, load_held_out(source))
                few = min(2 * neighbours.MAX_EXAMPLES, 2 * count, len(dataset.x_train) // 2 * 2)
                mixes = neighbours.mixes_examples(model, self._transform_images(dataset.x_train[:few]))
                passes = self.passes.get(self.order.model, []) if self.order is not None and not regression else []
                chosen = measuring.find_chosen(passes, model, dataset, measured, self._transform_images, count, self.threshold)
                brought = not regression and self.looks.look_after_training(model, dataset, self._transform_images, count)
                untrained = self.looks.measure_untrained(dataset, self._transform_images) if regression else None
                measured = structs.replace(measured, mixes=mixes, chosen=chosen, brought=brought, untrained=untrained)
                if measured.test_accuracy >= measuring.MIN_ACCURACY:
                    shown = self._transform_images(dataset.x_test[:EFFECT_EXAMPLES])
                    idle = measuring.find_layers_without_effect(model, self.trained.architecture, shown)
                    measured = structs.replace(measured, idle=idle)
                self.trainees.keep_measured(self.trained, key, measured)
            trainee = self.trained
            gap, logged = self.logged.find_gap(measured.train_accuracy, lambda: self.trainees.build_trained_model(trainee))
            self.channel.send(structs.replace(measured, gap=gap, logged=logged))
        except Exception as error:
            self._report_failure(error)

    def _draw_images(self, message: Draw) -> None:
        # From the machine's entropy: a seed that could be known would tell the order of the images.
        self.drawn = held_out.draw_images(message.dataset, np.random.default_rng())
        self.channel.send(_add_array_specs(Drawn(arrays=[]), [self.drawn.images]), [_to_buffer(self.drawn.images)])

    def _predict_values(self, values: list[float]) -> None:
        assert self.trained is not None
        try:
            predicted = self.looks.predict_values(self.trainees.build_trained_model(self.trained), values)
        except Exception as error:
            self._report_failure(error)
        else:
            self.channel.send(predicted)

    def _compare_activations(self, message: Compare) -> None:
        given = read_arrays(self.channel, message.arrays)
        assert self.trained is not None
        dataset = load_dataset(self.dataset, verify=True)
        try:
            compared = activations.compare_activations(
                self.trainees.build_trained_model(self.trained), dataset, message, given
            )
        except Exception as error:  # a model of the same layers may be nested in another one
            self._report_failure(error)
            return
        self.channel.send(compared)


def _list_layer_forms(architecture: Architecture) -> list[Any]:
    """Its layers without their settings, of which a part may change between two calls of `fit`."""
    return [structs.replace(layer, config={}) for layer in architecture.layers]


def has_convolutions(architecture: Architecture) -> bool:
    """Whether operations of the model are worth splitting over cores, which then changes the last bits of its figures."""
    return any("Conv" in layer.kind for layer in architecture.layers)


def _has_sample_weights(order: Order) -> bool:
    """Whether examples may count more or less than others."""
    return order.fit.class_weight is not None or any(spec.role.endswith("sample_weight") for spec in order.arrays)


def _add_array_specs(message: Any, weights: list[Array]) -> Any:
    specs = [ArraySpec(dtype=array.dtype.name, shape=list(array.shape)) for array in weights]
    return structs.replace(message, arrays=specs)


def _to_buffer(array: Array) -> memoryview:
    return array.reshape(-1).data
