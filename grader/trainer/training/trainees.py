"""The student's models on the trainer's side: trained, replayed from the store, or built when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import blake3
import keras
from msgspec import structs

from grader.protocol.orders import Order, Origin, Trained
from grader.protocol.wire import Begin, Measured
from grader.records.run import Architecture
from grader.trainer.match.digests import DigestCache
from grader.trainer.order import identity
from grader.trainer.order.identity import extract_immutable_config
from grader.trainer.order.model_json import OrderTooLarge
from grader.trainer.order.rebuild import BYTES_PER_TRAINED_WEIGHT
from grader.trainer.order.seeding import compute_model_digest, draws_by_itself, mix_number
from grader.trainer.training import trajectory
from grader.trainer.training.building import build_model, build_seeded_model, make_first_weights_finder
from grader.trainer.training.compile_settings import goes_on
from grader.trainer.training.feeding import Array, OrderArrays
from grader.trainer.training.handouts import Handouts, copy_optimizer, find_no_weights, take_optimizer, take_weights
from grader.trainer.training.loop import AskCallbacks, InspectedOrder, Training, run_fit
from grader.trainer.training.replay import Replay, TrainingOutcome, build_weights, can_replay
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
    `transform` the preprocessing that the data of its last training shows; `find_first` makes the weights with which it
    began; `last_handout` is the number of those that its last training gave.
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
    find_first: Callable[[], list[Array]] = find_no_weights
    last_handout: int | None = None

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
        self.handouts = Handouts()

    def train_model(self, opened: InspectedOrder, begin: Begin, ask: AskCallbacks, next_pass: Callable[[], Any]) -> tuple[Trained, Trainee]:
        """One `fit`: of a model seen for the first time, or of one that goes on.

        Raises:
            KerasRejected: Keras can't build it.
            TrajectoryMismatch: a stored training turned out to differ.
        """
        order = opened.order
        begin = structs.replace(begin, seed=self._compute_seed(opened, begin.seed))
        # A model that goes on has a state that no key describes, so only its first training is looked up.
        if order.model not in self.by_number and order.origin is None and self.archive is not None and can_replay(opened):
            return self._train_or_replay(self.archive, opened, begin, ask)
        first = len(self.handouts.given)
        try:
            trainee = self._prepare_model(opened, begin.seed)
            return self._train_on(trainee, opened, begin, ask, next_pass), trainee
        except BaseException:
            # Steps that nobody counted may have been done: it would start anew, and what was given out is void.
            self.by_number.pop(order.model, None)
            self.handouts.void(first)
            raise

    def _train_on(
        self, trainee: Trainee, opened: InspectedOrder, begin: Begin, ask: AskCallbacks, next_pass: Callable[[], Any]
    ) -> Trained:
        self.handouts.live = trainee.model
        training = Training(
            opened=opened,
            ask=self.handouts.watch_training(opened, ask),
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

    # ---- weights that are given out, and gone on from ----

    def hand_out(self, number: int, trainee: Trainee, weights: list[Array]) -> None:
        """Notes the weights that a training gave, as they are sent to the student's side."""
        if not weights:
            return
        trainee.last_handout = len(self.handouts.given)
        self.handouts.keep(number, weights, lambda: self._copy_last_optimizer(trainee))

    def _build_live_model(self, opened: InspectedOrder, seed: int) -> Any:
        self.handouts.live = build_seeded_model(opened, seed)
        return self.handouts.live

    def _copy_last_optimizer(self, trainee: Trainee) -> list[Array]:
        self._restore_replayed(trainee)
        return copy_optimizer(trainee.model)

    def _take_origin(self, model: Any, origin: Origin) -> None:
        """Lets a model begin with weights of its own submission. Raises: OrderRefused: they aren't kept, or don't fit."""
        if origin.handout is not None:
            take_weights(model, self.handouts.find_weights(origin.handout))
        else:
            first = self.by_number.get(origin.initial if origin.initial is not None else -1)
            take_weights(model, find_no_weights() if first is None else first.find_first())
        if origin.optimizer is not None:
            take_optimizer(model, self.handouts.find_optimizer(origin.optimizer))

    def _compute_seed(self, opened: InspectedOrder, seed: int) -> int:
        """The seed of a training: of images in an order of the student's own it depends on that order, too.

        The exercise's seed is no secret. Whoever knows how their images will be shuffled could put them so that batches
        of one class come out; and whoever knows what each of many layers will be drawn from could choose among them.
        """
        if draws_by_itself(opened.order.architecture):
            seed = mix_number(seed, compute_model_digest(opened.order.architecture))
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
        self.handouts.live = None
        with Turn(archive.store, key, self.at_work) as turn:
            asked = turn.left_while(self.handouts.watch_training(opened, ask, begin))
            replay = Replay(archive, key, opened, begin, asked, lambda: self._build_live_model(opened, begin.seed), self.at_work)
            outcome = replay.run_training()
        replay.drop_unused_snapshots()
        if not outcome.trained.replayed:
            archive.store.prune_entries()
        trainee = _to_trainee(opened, outcome, replay, key)
        trainee.find_first = make_first_weights_finder(opened, begin.seed)
        self.by_number[opened.order.model] = trainee
        return outcome.trained, trainee

    # ---- a model that goes on ----

    def _prepare_model(self, opened: InspectedOrder, seed: int) -> Trainee:
        """A fresh model with seeded weights, or one that goes on: from an earlier fit, or from weights that one gave out."""
        order = opened.order
        before = self.by_number.get(order.model)
        if before is not None:
            self._restore_replayed(before)
            if before.last_handout is not None:
                self.handouts.keep_optimizer(before.last_handout)
        if opened.shuffles_custom_order and (before is not None or order.origin is not None):
            keras.utils.set_random_seed(seed)
        if before is None or before.labels != _list_label_shapes(opened) or not goes_on(before.model, (before.compile, before.compilation), order):
            before = self.by_number[order.model] = self._build_trainee(opened, before, seed)
        if order.origin is not None:
            self._take_origin(before.model, order.origin)
        return before

    def _build_trainee(self, opened: InspectedOrder, before: Trainee | None, seed: int) -> Trainee:
        order = opened.order
        trainee = Trainee(
            compile=order.compile,
            compilation=order.compilation,
            labels=_list_label_shapes(opened),
            lasting=extract_immutable_config(order.architecture),
            architecture=opened.architecture,
        )
        if before is not None:  # compiled anew, or for other labels: weights and random numbers go on, no more does
            trainee.model, trainee.find_first = build_model(opened), before.find_first
            build_weights(trainee.model, opened)
            trainee.model.set_weights(before.model.get_weights())
            # Seed generators are variables but not weights, so `set_weights` leaves them out.
            for variable, earlier in zip(trainee.model.variables, before.model.variables, strict=True):
                variable.assign(earlier)
            trajectory.restore_shuffling_state(before.shuffled)
        elif order.origin is not None:  # a copy of a trained model: as in plain Keras, random numbers go on
            trainee.model = build_model(opened)
            build_weights(trainee.model, opened)
            trainee.shuffled = self._find_shuffling_state(order.origin)
        else:
            trainee.model, trainee.find_first = build_seeded_model(opened, seed), make_first_weights_finder(opened, seed)
        return trainee

    def _find_shuffling_state(self, origin: Origin) -> list[Array]:
        given = self.handouts.given
        source = self.by_number.get(given[origin.handout].model) if origin.handout is not None and origin.handout < len(given) else None
        return source.shuffled if source is not None else []

    def _restore_replayed(self, trainee: Trainee) -> None:
        """Turns a replayed training into a real model, with the optimizer's state, before another `fit` goes on."""
        if trainee.model is None:
            assert trainee.replay is not None
            trainee.model, trainee.weights = trainee.replay.restore_model(), None
            trainee.shuffled = trainee.replay.shuffled
        trainee.replay = None


def _to_trainee(opened: InspectedOrder, outcome: TrainingOutcome, replay: Replay, key: str) -> Trainee:
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


def _list_label_shapes(opened: InspectedOrder) -> list[tuple[int, ...]]:
    return [array.shape[1:] for array in opened.arrays.by_role.get("y", [])]
