"""What the trainer process does: serves submissions that the front connects it with, one order at a time."""

from __future__ import annotations

import gc
import os
import random
import socket
import sys
import traceback
from dataclasses import dataclass
from typing import Any

from grader.importing import find_version, uncollected

with uncollected():
    import keras
    import numpy as np
    from msgspec import structs

    from grader import keras_settings
    from grader.arrays import ArraySpec, same_form
    from grader.channel import Channel, Closed
    from grader.data import load
    from grader.run import Architecture, DataMatch
    from grader.store import Store
    from grader.trainer import (
        activations,
        agreement,
        faults,
        fresh,
        identity,
        influence,
        measuring,
        memory,
        neighbours,
        rebuild,
        rehearsal,
        shuffling,
        training,
    )
    from grader.trainer.allow import Refused as NotAllowed
    from grader.trainer.allow import parse
    from grader.trainer.allow_json import TooMuch
    from grader.trainer.digests import Digests
    from grader.trainer.feeding import Array, Arrays, ordered_arrays, read_arrays
    from grader.trainer.held import offered
    from grader.trainer.matching import Remembered, match_order
    from grader.trainer.sameness import lasting
    from grader.trainer.trainees import Trainee, Trainees, keeps_averages
    from grader.trainer.training import Opened
    from grader.trainer.trajectory import KIND, Archive
    from grader.wire import (
        Answer,
        Begin,
        Compare,
        Event,
        Hello,
        Measure,
        NeedPass,
        Open,
        Order,
        Pass,
        Refused,
        Rejected,
        ToTrainer,
        Waiting,
    )
    from grader.wire import Opened as OpenedMessage

# "off" keeps no trainings: where student code may not be confined, it could write into the store.
STORE_NAME = "GRADE_TRAJECTORIES"
# Set for a trainer that serves many submissions, one after another; it tells the memory that it took after each.
POOL_NAME = "GRADE_POOL"
FEW = 64  # images that show whether a layer makes a difference
# Multiplications of one step, about three minutes' worth: what comes near to no sign of work isn't begun.
MOST_PRODUCTS = {"cpu": 4e12, "gpu": 4e14}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """What stays from one submission to the next."""

    archive: Archive | None
    machine: str
    device: str
    find: Remembered


class Trainer:
    """Opens, trains and measures what one submission orders, one order at a time."""

    def __init__(self, channel: Channel, lasting: Lasting) -> None:
        self.channel, self.lasting, self.held = channel, lasting, lasting.find.held.now()
        self.trainees = Trainees(lasting.archive, lasting.machine, self._at_work, lasting.find.digests)
        self.trained: Trainee | None = None
        self.opened: Opened | None = None
        self.order: Order | None = None
        self.data = DataMatch(dataset=None, examples=0, trained_on=0)
        self.transform: Any = None
        self.dataset = ""
        self.logged = agreement.Logged(None)
        self.seen: agreement.Sample | None = None
        self.broken = False

    def handle(self, message: Any) -> None:
        """Answers one message of the front."""
        match message:
            case Open():
                self._open(message)
            case Begin():
                self._begin(message)
            case Measure():
                self._measure()
            case Compare():
                self._compare(message)

    def _open(self, message: Open) -> None:
        order, self.opened, self.dataset = message.order, None, message.dataset
        self.order = order
        arrays = Arrays(order.arrays, ordered_arrays(self.channel, order.arrays, self.held))
        randomness = (random.getstate(), np.random.get_state())
        try:
            shapes = [array.shape for array in arrays.by_role.get("x", [])]
            labels = arrays.by_role.get("y", [])
            architecture = rebuild.inspect(
                order.architecture,
                parse(order.compile),
                shapes,
                message.memory,
                batch_size=order.fit.batch_size or max(order.fit.batches or [0]) or None,
                label_shape=labels[0].shape if len(labels) == 1 else None,
                weighted=_weighted(order),
                most_products=MOST_PRODUCTS[self.lasting.device],
            )
            self._check_unchanged(order, architecture)
            self.trainees.check_room(order, architecture, arrays, message.memory)
            self.data, self.transform = match_order(order, arrays, message.dataset, self.lasting.find)
            self._check_fresh(order, architecture, arrays)
        except NotAllowed as error:
            too_much = isinstance(error, TooMuch)
            self.channel.send(Refused(message=error.what, instead=error.instead, out_of_memory=too_much))
            return
        except (rebuild.Rejected, ValueError, RecursionError) as error:
            self.channel.send(Rejected(message=str(error)[:4000]))
            return
        except Exception as error:
            self._failed(error)
            return
        finally:
            random.setstate(randomness[0])
            np.random.set_state(randomness[1])
        self._shuffle_pattern(arrays, self.data)
        self.logged, self.seen = self._to_be_logged(order, architecture), agreement.sample(order, arrays)
        shared, reordered = self.trainees.shared(arrays), not self.data.same_order
        self.opened = Opened(order=order, arrays=shared, architecture=architecture, reordered=reordered)
        self.channel.send(OpenedMessage(architecture=architecture, data=self.data))

    def _check_unchanged(self, order: Order, architecture: Architecture) -> None:
        """A second `fit` goes on with the first one's model, so that must be the one that is declared."""
        before = self.trainees.by_number.get(order.model)
        if before is None:
            return
        if _forms(before.architecture) != _forms(architecture) or before.lasting != lasting(order.architecture):
            raise NotAllowed("the model's layers were changed after it was trained", "build a new model instead")

    def _check_fresh(self, order: Order, architecture: Architecture, arrays: Arrays) -> None:
        """A model that tells classes apart before its first step has brought its weights along."""
        if order.model not in self.trainees.by_number:
            name = order.x_names[0] if order.x_names else None
            portion = measuring.portion(architecture)
            fresh.refuse_knowledge(parse(order.architecture), arrays, name, portion, self._at_work)

    def _begin(self, begin: Begin) -> None:
        assert self.opened is not None
        try:
            trained, trainee = self.trainees.train(self.opened, begin, self._ask, self._next_pass)
        except NotAllowed as error:
            self.channel.send(Refused(message=error.what, instead=error.instead))
            return
        except (rebuild.Rejected, ValueError, TypeError, KeyError) as error:
            self.channel.send(Rejected(message=str(error)[:4000]))
            return
        except Exception as error:
            self._failed(error)
            return
        finally:
            self.opened = None
        self.trained, trainee.transform = trainee, self.transform
        weights = [np.ascontiguousarray(array) for array in trainee.values()]
        trained = structs.replace(trained, data=self.data)
        self.channel.send(_with(trained, weights), [_raw(array) for array in weights])

    def _at_work(self, uncounted_s: float) -> None:
        """A sign of work, for the front's patience and its clock."""
        self.channel.send(Waiting(seconds=uncounted_s))

    def _preprocessed(self, images: Array) -> Array:
        """One of many portions to measure on."""
        assert self.trained is not None
        self._at_work(0.0)
        transformed: Array = self.trained.transform(images)
        return transformed

    def _failed(self, error: Exception) -> None:
        traceback.print_exception(error)  # into the log that GRADE_DEBUG shows
        self.broken = self.broken or faults.breaks(error)
        self.channel.send(faults.told(error))

    def _ask(self, event: Event, weights: list[Array]) -> Answer:
        weights = [np.ascontiguousarray(array) for array in weights]
        self.channel.send(_with(event, weights), [_raw(array) for array in weights])
        answer = self.channel.receive()
        assert isinstance(answer, Answer)
        self.logged.note(event, answer)
        return answer

    def _to_be_logged(self, order: Order, architecture: Architecture) -> agreement.Logged:
        """Averages of the weights take the place of those that were logged when the training ends; no figure is theirs."""
        return agreement.Logged(None if keeps_averages(parse(order.compile)) else architecture.accuracy_key)

    def _shuffle_pattern(self, arrays: Arrays, data: DataMatch) -> None:
        """No pass of a pipeline is trained on in an order that says something about labels; arrays are shuffled by `fit`."""
        if data.patterned and self.order is not None and self.order.fit.batches:
            shuffling.shuffle_pass(arrays, self.lasting.find.digests)

    def _next_pass(self) -> tuple[Arrays, list[int]] | None:
        self.channel.send(NeedPass())
        message = self.channel.receive()
        assert isinstance(message, Pass)
        if not message.arrays:
            return None
        assert self.order is not None
        arrays = Arrays(message.arrays, read_arrays(self.channel, message.arrays))
        try:
            same_form(self.order.arrays, message.arrays)
        except ValueError as error:
            raise rebuild.Rejected(str(error)) from error
        order = structs.replace(self.order, fit=structs.replace(self.order.fit, batches=message.batches))
        seen, _ = match_order(order, arrays, self.dataset, self.lasting.find)
        self.data = self.data.worse(seen, self.dataset)
        self._shuffle_pattern(arrays, seen)
        return arrays, message.batches

    def _measure(self) -> None:
        assert self.trained is not None
        if self.trained.transform is None:
            self.channel.send(Rejected(message="the preprocessing of the training images can't be told"))
            return
        measured = self.trainees.measured(self.trained, self.dataset)
        try:
            if measured is None:
                dataset = load(self.dataset, verify=True)
                model, count = self.trainees.model(self.trained), measuring.portion(self.trained.architecture)
                if self.lasting.device == "cpu":
                    model = measuring.in_single_precision(model)
                measured = measuring.measure(model, dataset, self._preprocessed, count)
                few = min(2 * neighbours.MOST_EXAMPLES, 2 * count)
                mixes = neighbours.mixes_examples(model, self._preprocessed(dataset.x_train[:few]))
                measured = structs.replace(measured, mixes=mixes)
                if measured.test_accuracy >= influence.LEAST_ACCURACY:
                    shown = self._preprocessed(dataset.x_test[:FEW])
                    idle = influence.idle(model, self.trained.architecture, shown)
                    measured = structs.replace(measured, idle=idle)
                self.trainees.keep_measured(self.trained, self.dataset, measured)
            trainee = self.trained
            gap = self.logged.gap(measured.train_accuracy, self.seen, lambda: self.trainees.model(trainee))
            self.channel.send(structs.replace(measured, gap=gap))
        except ValueError as error:
            self.channel.send(Rejected(message=str(error)[:4000]))
        except Exception as error:
            self._failed(error)

    def _compare(self, message: Compare) -> None:
        given = read_arrays(self.channel, message.arrays)
        assert self.trained is not None
        dataset = load(self.dataset, verify=True)
        try:
            compared = activations.compare(self.trainees.model(self.trained), dataset, message, given)
        except Exception as error:  # a model of the same layers may be nested in another one
            self._failed(error)
            return
        self.channel.send(compared)


def _forms(architecture: Architecture) -> list[Any]:
    """Its layers without their settings, of which a part may change between two calls of `fit`."""
    return [structs.replace(layer, config={}) for layer in architecture.layers]


def _weighted(order: Order) -> bool:
    """Whether examples may count more or less than others."""
    return order.fit.class_weight is not None or any(spec.role.endswith("sample_weight") for spec in order.arrays)


def _with(message: Any, weights: list[Array]) -> Any:
    specs = [ArraySpec(dtype=array.dtype.name, shape=list(array.shape)) for array in weights]
    return structs.replace(message, arrays=specs)


def _raw(array: Array) -> memoryview:
    return array.reshape(-1).data


def _versions() -> dict[str, str]:
    names = ("keras", "tensorflow", "jax", "numpy")
    found = {name: find_version(name) for name in names}
    return {"python": sys.version.split()[0], **{name: version for name, version in found.items() if version}}


def main(find: Remembered | None = None, shared: int = 0) -> None:
    """Serves the front at the other end of the inherited socket, or, of a pool's trainer, one connection after another.

    Args:
        find: knows some data already.
        shared: bytes of memory that it has only from the process of which it is a copy, and doesn't take itself.
    """
    line = socket.socket(fileno=int(os.environ["GRADE_FD"]))
    if training.scanning is not None:
        training.scanning.alone()
        training.logits.install()
    devices = keras.distribution.list_devices()
    device = "gpu" if any("gpu" in name.lower() or "cuda" in name.lower() for name in devices) else "cpu"
    hello = Hello(backend=keras.backend.backend(), device=device, versions=_versions())
    keras_settings.put()
    keras_settings.check()
    settled = identity.settings()
    archive = Archive(Store(KIND), lambda: identity.check(settled)) if os.environ.get(STORE_NAME) != "off" else None
    find = find or Remembered(Digests())
    lasting = Lasting(archive=archive, machine=identity.machine(device), device=device, find=find)
    if (dataset := os.environ.get(rehearsal.NAME)) is not None:
        rehearsal.rehearse(dataset, lambda sock: serve(sock, hello, lasting))
    if POOL_NAME not in os.environ:
        serve(line, hello, lasting)
        return
    while True:
        _, received, _, _ = socket.recv_fds(line, 1, 1)
        if not received:
            return
        if not serve(socket.socket(fileno=received[0]), hello, lasting):
            return  # the pool starts another one
        keras.utils.clear_session()
        gc.collect()
        line.send(str(memory.peak(device) - shared).encode())


def serve(sock: socket.socket, hello: Hello, lasting: Lasting) -> bool:
    """One submission, until the front closes its end, at whatever moment; False: this process is fit for no other."""
    with sock:
        channel = Channel(sock, ToTrainer)
        trainer = Trainer(channel, lasting)
        try:
            channel.send(structs.replace(hello, held=offered(trainer.held)))
            while True:
                trainer.handle(channel.receive())
        except Closed:
            return not trainer.broken
