"""The student's models on the trainer's side: trained, replayed from the store, or built when they are needed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import blake3
import keras
import numpy as np
from msgspec import structs

from grader.protocol.wire import Begin, Measured, Order, Trained
from grader.records.run import Architecture
from grader.trainer.match.digests import DigestCache
from grader.trainer.order import batch_axis, identity, rebuild
from grader.trainer.order.checking import OrderRefused as NotAllowed
from grader.trainer.order.checking import parse_model_json
from grader.trainer.order.identity import extract_immutable_config
from grader.trainer.order.model_json import OrderTooLarge
from grader.trainer.order.rebuild import BYTES_PER_TRAINED_WEIGHT
from grader.trainer.training import neighbours, trajectory
from grader.trainer.training.feeding import Array, OrderArrays
from grader.trainer.training.loop import AskCallbacks, InspectedOrder, Training, run_fit
from grader.trainer.training.replay import Replay, TrainingOutcome, build_weights
from grader.trainer.training.trajectory import TrajectoryArchive
from grader.trainer.training.turns import Turn

# What a compiled model takes beside its weights.
MODEL_BYTES = 20_000_000


@dataclass(slots=True, kw_only=True)
class Trainee:
    """One of the student's models.

    `compile` are the settings of its compilation number `compilation`, which alone change what is trained and how: as in
    plain Keras, a layer that is frozen without compiling anew goes on as it was.
    `extract_immutable_config` is the configuration that a later order has to have;
    `labels` is the shape of one label, which decides what "accuracy" means in a model once it is built;
    `at` is the number of whole epochs of the stored training `key` that gave its weights; None: no stored one did.
    `shuffled` is where its last training left the shuffling, with which another `fit` goes on, whatever came between;
    `transform` the preprocessing that the data of its last training shows.
    """

    compile: str
    compilation: int
    architecture: Architecture
    labels: list[tuple[int, ...]] = field(default_factory=list)
    lasting: str = ""
    model: Any = None
    weights: list[Array] | None = None
    replay: Replay | None = None
    key: str = ""
    at: int | None = None
    shuffled: list[Array] = field(default_factory=list)
    snapshots: dict[int, list[Array]] = field(default_factory=dict)
    transform: Any = None

    def list_weights(self) -> list[Array]:
        """Its weights, as `Model.get_weights` gives them."""
        if self.weights is not None:
            return self.weights
        found: list[Array] = self.model.get_weights()
        return found


class Trainees:
    """All models of one submission.

    Args:
        archive: stored trainings; None: none are kept or used.
        at_work: called every second while nothing else is sent, with the seconds that don't count as training.
        digests: of the orders' arrays.
    """

    def __init__(
        self, archive: TrajectoryArchive | None, machine: str, at_work: Callable[[float], None], digests: DigestCache
    ) -> None:
        self.archive, self.machine, self.at_work, self.digests = archive, machine, at_work, digests
        self.by_number: dict[int, Trainee] = {}
        self.last: Trainee | None = None

    def train_model(self, opened: InspectedOrder, begin: Begin, ask: AskCallbacks, next_pass: Callable[[], Any]) -> tuple[Trained, Trainee]:
        """One `fit`: of a model seen for the first time, or of one that goes on.

        Raises:
            KerasRejected: Keras can't build it.
            TrajectoryMismatch: a stored training turned out to differ.
        """
        order = opened.order
        begin = structs.replace(begin, seed=self._compute_seed(opened, begin.seed))
        # A model that goes on has a state that no key describes, so only its first training is looked up.
        if order.model not in self.by_number and self.archive is not None and _can_replay(opened):
            return self._train_or_replay(self.archive, opened, begin, ask)
        try:
            trainee = self._prepare_model(opened, begin.seed)
            return self._train_on(trainee, opened, begin, ask, next_pass), trainee
        except BaseException:
            self.by_number.pop(order.model, None)  # steps that nobody counted may have been done; it would start anew
            raise

    def _train_on(
        self, trainee: Trainee, opened: InspectedOrder, begin: Begin, ask: AskCallbacks, next_pass: Callable[[], Any]
    ) -> Trained:
        training = Training(
            opened=opened,
            ask=ask,
            next_pass=next_pass,
            limit_s=begin.limit_s,
            snapshots=trainee.snapshots,
            shuffled=[] if opened.shuffles_custom_order else trainee.shuffled,
            at_work=self.at_work,
        )
        trainee.at = None
        try:
            trained = run_fit(trainee.model, training)
        finally:
            trainee.snapshots.clear()
        trainee.shuffled = trajectory.copy_shuffling_state()
        return trained

    def _compute_seed(self, opened: InspectedOrder, seed: int) -> int:
        """The seed of a training: of images in an order of the student's own it depends on that order, too.

        The exercise's seed is no secret. Whoever knows how their images will be shuffled could put them so that batches
        of one class come out.
        """
        if not opened.shuffles_custom_order:
            return seed
        parts = [str(seed), *(self.digests.compute_digest(array) for array in opened.arrays.by_role.get("x", []))]
        return int.from_bytes(blake3.blake3(" ".join(parts).encode()).digest(4), "big")

    # ---- memory ----

    def check_room(self, order: Order, architecture: Architecture, arrays: OrderArrays, memory: int) -> None:
        """Whether there is room for one more model and its data beside those of all earlier orders.

        Raises:
            OrderTooLarge: there isn't.
        """
        others = [each.architecture for number, each in self.by_number.items() if number != order.model]
        models = sum(map(_estimate_bytes, [*others, architecture]))
        # A single model was bounded when its order was inspected.
        if others and models > memory:
            raise OrderTooLarge(
                f"the {len(others) + 1} models that your file has trained take about {models / 1e9:.1f} GB together, and "
                f"{memory / 1e9:.1f} GB are allowed",
                "train fewer or smaller models in one file",
            )
        held = sum(array.nbytes for array in (*self._list_held_arrays(), *_list_arrays(arrays)))
        if others and held > memory:
            raise OrderTooLarge(
                f"the data of your file's trainings takes about {held / 1e9:.1f} GB together, and {memory / 1e9:.1f} GB are "
                "allowed",
                "train all models on the same arrays",
            )

    def replace_known_arrays(self, arrays: OrderArrays) -> OrderArrays:
        """The same arrays, without a second copy of what an earlier order has brought."""
        for values in arrays.by_role.values():
            for place, value in enumerate(values):
                alike = (held for held in self._list_held_arrays() if self._is_same_array(held, value))
                values[place] = next(alike, value)
        return arrays

    def _is_same_array(self, one: Array, other: Array) -> bool:
        same = one is other or (one.shape, one.dtype) == (other.shape, other.dtype)
        return same and (one is other or self.digests.compute_digest(one) == self.digests.compute_digest(other))

    def _list_held_arrays(self) -> list[Array]:
        """The arrays of trainings that were only replayed, each once: another `fit` may need them."""
        replays = [each.replay for each in self.by_number.values() if each.replay is not None]
        return list({id(array): array for replay in replays for array in _list_arrays(replay.opened.arrays)}.values())

    def find_measured(self, trainee: Trainee, dataset: str) -> Measured | None:
        """What these weights measured on a dataset before, where they come from a stored training."""
        if trainee.at is None or self.archive is None or (known := self.archive.load_trajectory(trainee.key)) is None:
            return None
        return known.epochs[trainee.at - 1].measured.get(dataset) if 0 < trainee.at <= len(known.epochs) else None

    def keep_measured(self, trainee: Trainee, dataset: str, measured: Measured) -> None:
        """Writes down what the weights of a stored training measure on a dataset.

        Not where layers are idle: they are recorded by name, and another submission may have other names.
        """
        if trainee.at is None or self.archive is None or (known := self.archive.load_trajectory(trainee.key)) is None:
            return
        if 0 < trainee.at <= len(known.epochs) and not measured.idle:
            epochs = list(known.epochs)
            epoch = epochs[trainee.at - 1]
            epochs[trainee.at - 1] = structs.replace(epoch, measured={**epoch.measured, dataset: measured})
            self.archive.save_trajectory(trainee.key, structs.replace(known, epochs=epochs))

    def build_trained_model(self, trainee: Trainee) -> Any:
        """The trainee's model with its weights, built now if its training was only replayed."""
        if trainee.model is None:
            assert trainee.replay is not None
            assert trainee.weights is not None
            model = trainee.replay.make()
            build_weights(model, trainee.replay.opened)
            model.set_weights(trainee.weights)
            return model
        return trainee.model

    # ---- stored trainings ----

    def _train_or_replay(self, archive: TrajectoryArchive, opened: InspectedOrder, begin: Begin, ask: AskCallbacks) -> tuple[Trained, Trainee]:
        key = identity.compute_training_key(opened.order, opened.arrays, begin.seed, self.machine, self.digests)
        with Turn(archive.store, key, self.at_work) as turn:
            asked = turn.left_while(ask)
            replay = Replay(archive, key, opened, begin, asked, lambda: _build_seeded_model(opened, begin.seed), self.at_work)
            outcome = replay.run_training()
        replay.drop_unused_snapshots()
        if not outcome.trained.replayed:
            archive.store.prune_entries()
        trainee = _build_trainee(opened, outcome, replay, key)
        self.by_number[opened.order.model] = trainee
        return outcome.trained, trainee

    # ---- a model that goes on ----

    def _prepare_model(self, opened: InspectedOrder, seed: int) -> Trainee:
        """A fresh model with seeded weights, or the one that an earlier fit of the same model left."""
        order = opened.order
        before = self.by_number.get(order.model)
        labels = _list_label_shapes(opened)
        if before is not None:
            self._restore_replayed(before)
            if opened.shuffles_custom_order:
                keras.utils.set_random_seed(seed)
            if before.labels == labels and _goes_on(before, order):
                return before
        model = _build_seeded_model(opened, seed) if before is None else _build_model(opened)
        if before is not None:  # compiled anew, or for other labels: weights and random numbers go on, no more does
            model.set_weights(before.model.get_weights())
            # Seed generators are variables but not weights, so `set_weights` leaves them out.
            for variable, earlier in zip(model.variables, before.model.variables, strict=True):
                variable.assign(earlier)
            trajectory.restore_shuffling_state(before.shuffled)
        trainee = Trainee(
            model=model,
            compile=order.compile,
            compilation=order.compilation,
            labels=labels,
            lasting=extract_immutable_config(order.architecture),
            architecture=opened.architecture,
        )
        self.by_number[order.model] = trainee
        return trainee

    def _restore_replayed(self, trainee: Trainee) -> None:
        """Turns a replayed training into a real model, with the optimizer's state, before another `fit` goes on."""
        if trainee.model is None:
            assert trainee.replay is not None
            trainee.model, trainee.weights = trainee.replay.restore_model(), None
            trainee.shuffled = trainee.replay.shuffled
        trainee.replay = None


def _build_trainee(opened: InspectedOrder, outcome: TrainingOutcome, replay: Replay, key: str) -> Trainee:
    return Trainee(
        compile=opened.order.compile,
        compilation=opened.order.compilation,
        labels=_list_label_shapes(opened),
        lasting=extract_immutable_config(opened.order.architecture),
        architecture=opened.architecture,
        model=outcome.model,
        weights=outcome.weights,
        replay=replay if outcome.model is None else None,
        key=key,
        at=outcome.at,
        shuffled=trajectory.copy_shuffling_state() if outcome.model is not None else [],
    )


def _estimate_bytes(architecture: Architecture) -> int:
    return MODEL_BYTES + BYTES_PER_TRAINED_WEIGHT * architecture.parameters


def _list_arrays(arrays: OrderArrays) -> list[Array]:
    return [array for values in arrays.by_role.values() for array in values]


def _can_replay(opened: InspectedOrder) -> bool:
    """Whether a training depends on its key alone: pipelines, steps per epoch and hooks of batches make it depend on more.

    An optimizer that keeps averages puts them in the weights' place when the training ends, so an epoch's weights aren't
    those of a training that ends there.
    """
    fit = opened.order.fit
    return not (fit.batches or fit.steps_per_epoch or opened.order.batch_hooks or keeps_averages(parse_model_json(opened.order.compile)))


def keeps_averages(settings: dict[str, Any]) -> bool:
    """Whether an optimizer, or the one within it, keeps averages of the weights."""
    optimizer = settings.get("optimizer", settings.get("inner_optimizer"))
    config = optimizer.get("config", {}) if isinstance(optimizer, dict) else {}
    return bool(config.get("use_ema")) or ("inner_optimizer" in config and keeps_averages(config))


def _goes_on(trainee: Trainee, order: Order) -> bool:
    """Whether a model trains on as it is compiled; a learning rate that was set meanwhile is set here, too."""
    (before, _), (settings, rate) = (_without_rate(parse_model_json(text)) for text in (trainee.compile, order.compile))
    if trainee.compilation != order.compilation or before != settings:
        return False
    if rate is not None:
        trainee.model.optimizer.learning_rate = rate
    return True


def _without_rate(settings: dict[str, Any]) -> tuple[dict[str, Any], float | None]:
    """The settings without the optimizer's learning rate, and that rate where it is a number, not a schedule."""
    optimizer = settings.get("optimizer")
    config = optimizer.get("config") if isinstance(optimizer, dict) else None
    rate = config.get("learning_rate") if isinstance(config, dict) else None
    if not isinstance(optimizer, dict) or not isinstance(config, dict) or not isinstance(rate, (int, float)):
        return settings, None
    kept = {key: value for key, value in config.items() if key != "learning_rate"}
    return {**settings, "optimizer": {**optimizer, "config": kept}}, rate


def _list_label_shapes(opened: InspectedOrder) -> list[tuple[int, ...]]:
    return [array.shape[1:] for array in opened.arrays.by_role.get("y", [])]


def _build_seeded_model(opened: InspectedOrder, seed: int) -> Any:
    """The model with its seeded weights. Raises: NotAllowed: an answer of it depends on other examples of the batch."""
    keras.utils.set_random_seed(seed)
    model = _build_model(opened)
    # The look at its neighbours may draw random numbers; the training must begin as plain Keras would.
    randomness = (random.getstate(), np.random.get_state())
    x = opened.arrays.by_role.get("x", [])
    count = min(2 * neighbours.MOST_EXAMPLES, len(x[0])) // 2 * 2 if len(x) == 1 else 0
    build_weights(model, opened)
    if count and neighbours.mixes_examples(model, x[0][:count]):
        raise NotAllowed("the model's answer for one example depends on the other examples in its batch", batch_axis.INSTEAD)
    random.setstate(randomness[0])
    np.random.set_state(randomness[1])
    return model


def _build_model(opened: InspectedOrder) -> Any:
    return rebuild.build_model(opened.order.architecture, parse_model_json(opened.order.compile))
