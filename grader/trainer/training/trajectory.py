"""A training as it went, and how it is written down: each epoch's logs and weights, the last full state, the generator's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import blake3
import keras
import msgspec
import numpy as np
from msgspec import Struct, field, structs

from grader.protocol.arrays import ITEM_SIZES, ArraySpec
from grader.protocol.orders import Answer, Event, Hook
from grader.protocol.wire import Measured
from grader.stores.store import Store
from grader.trainer.match.digests import DigestCache
from grader.trainer.training.feeding import Array, OrderArrays

RECORD_FILE = "record"
STORE_KIND = "trajectories"
# What one trajectory may hold: weights of epochs beyond the first bound, and a state beyond the second, are left out.
MAX_WEIGHTS_BYTES = 100_000_000
MAX_STATE_BYTES = 300_000_000
# On JAX, Keras shuffles with NumPy's global generator, whose state a training that goes on needs.
KEEPS_STATE = keras.backend.backend() != "tensorflow"
STATE_PARTS = 3 if KEEPS_STATE else 0


class RecordedHook(Struct, frozen=True, kw_only=True):
    """A hook as the training called it."""

    hook: Hook
    index: int
    logs: dict[str, float]
    steps: int | None


class RecordedEpoch(Struct, frozen=True, kw_only=True):
    """One whole epoch: its hooks, the seconds from the first step to its end, what its weights measure on a dataset."""

    told: list[RecordedHook]
    seconds: float
    measured: dict[str, Measured] = field(default_factory=dict)


class Trajectory(Struct, frozen=True, kw_only=True):
    """The epochs of one training, from its beginning."""

    opening: list[RecordedHook] = field(default_factory=list)
    epochs: list[RecordedEpoch] = field(default_factory=list)


class TrajectoryArchive:
    """Trajectories in a store; what is missing or damaged there is None, and is trained again.

    Args:
        check: raises where what this process computes must not be stored; asked before each writing.
    """

    def __init__(self, store: Store, check: Callable[[], None] = lambda: None) -> None:
        self.store, self.check = store, check

    def load_trajectory(self, key: str) -> Trajectory | None:
        """The record of a training."""
        body = self.store.read_file(key, RECORD_FILE)
        if body is None:
            return None
        try:
            return msgspec.msgpack.decode(body, type=Trajectory)
        except msgspec.DecodeError:  # another version's
            self.store.drop_entry(key)
            return None

    def save_trajectory(self, key: str, trajectory: Trajectory) -> None:
        """Writes the record; after what it refers to, so that a kill in between leaves nothing half there."""
        self.check()
        self.store.write_file(key, RECORD_FILE, msgspec.msgpack.encode(trajectory))

    def load_weights(self, key: str, epochs: int) -> list[Array] | None:
        """The weights after so many epochs, as `Model.get_weights` gives them."""
        return _unpack_arrays(self.store.read_file(key, f"weights-{epochs}"))

    def save_weights(self, key: str, epochs: int, weights: Sequence[Array]) -> None:
        """Keeps the weights after so many epochs."""
        self.check()
        self.store.write_file(key, f"weights-{epochs}", _pack_arrays(weights))

    def load_state(self, key: str, epochs: int) -> list[Array] | None:
        """All variables of model and optimizer after so many epochs, where they are the last that were kept."""
        return _unpack_arrays(self.store.read_file(key, f"state-{epochs}"))

    def save_state(self, key: str, epochs: int, state: Sequence[Array]) -> None:
        """Keeps the full state after so many epochs, from which the training can go on."""
        self.check()
        self.store.write_file(key, f"state-{epochs}", _pack_arrays(state))

    def drop_state(self, key: str, epochs: int) -> None:
        """Forgets the state of an epoch that is no longer the last."""
        self.store.remove_file(key, f"state-{epochs}")


def _pack_arrays(arrays: Sequence[Array]) -> bytes:
    specs = [ArraySpec(dtype=array.dtype.name, shape=list(array.shape)) for array in arrays]
    head = msgspec.msgpack.encode(specs)
    return b"".join([len(head).to_bytes(4, "big"), head, *(np.ascontiguousarray(array).tobytes() for array in arrays)])


def _unpack_arrays(body: bytes | None) -> list[Array] | None:
    if body is None:
        return None
    size = int.from_bytes(body[:4], "big")
    specs = msgspec.msgpack.decode(body[4 : 4 + size], type=list[ArraySpec])
    arrays: list[Any] = []
    at = 4 + size
    for spec in specs:
        count = spec.nbytes // np.dtype(spec.dtype).itemsize
        arrays.append(np.frombuffer(body, spec.dtype, count, at).reshape(spec.shape))
        at += spec.nbytes
    return arrays


class Recorder:
    """One training's recorder.

    Args:
        trajectory: what is known already; epochs that it holds are not written again.
        from_epoch: whole epochs that the model had behind it when this training began, and
        from_s: the seconds that they took.
    """

    def __init__(
        self, archive: TrajectoryArchive, key: str, trajectory: Trajectory, from_epoch: int, from_s: float
    ) -> None:
        self.archive, self.key = archive, key
        self.known = trajectory
        self.done, self.from_s = from_epoch, from_s
        self.pending: list[RecordedHook] = []
        self.going = True

    def record_event(self, event: Event) -> None:
        """A hook, before it is answered."""
        self.pending.append(RecordedHook(hook=event.hook, index=event.index, logs=event.logs, steps=event.steps))
        if event.hook == "train_begin":
            self.known = structs.replace(self.known, opening=self.pending) if self.going else self.known
            self.pending = []

    def record_epoch(self, model: Any, seconds: float) -> None:
        """An epoch is whole: keeps its hooks, its weights and the state in which it left the model."""
        told, self.pending = self.pending, []
        if not self.going:
            return
        self.done += 1
        if self.done <= len(self.known.epochs):
            return
        state = [*copy_full_state(model), *copy_shuffling_state()]
        # Types beyond those of the protocol, such as bfloat16, can't be written down.
        if sum(array.nbytes for array in state) > MAX_STATE_BYTES or {a.dtype.name for a in state} - set(ITEM_SIZES):
            self.going = False
            return
        epoch = RecordedEpoch(told=told, seconds=self.from_s + seconds)
        self.known = structs.replace(self.known, epochs=[*self.known.epochs, epoch])
        weights = model.get_weights()
        if self.done * sum(array.nbytes for array in weights) <= MAX_WEIGHTS_BYTES:
            self.archive.save_weights(self.key, self.done, weights)
        self.archive.save_state(self.key, self.done, state)
        self.archive.save_trajectory(self.key, self.known)
        # Last, so that a kill at any moment leaves a state that the record fits.
        self.archive.drop_state(self.key, self.done - 1)

    def record_answer(self, event: Event, answer: Answer) -> None:
        """Whoever sets the learning rate or weights, or stops elsewhere than after an epoch, trains something else."""
        stops_within = answer.stop and event.hook not in ("epoch_end", "train_end")
        if answer.learning_rate is not None or answer.restore is not None or stops_within:
            self.going = False


def copy_full_state(model: Any) -> list[Array]:
    """All variables of a model and its optimizer, in their order, copied."""
    return [np.array(value) for variable in _list_variables(model) for value in [_to_numpy(variable)]]


def restore_state(model: Any, state: list[Array]) -> bool:
    """Sets all variables; False where they aren't the model's."""
    variables = _list_variables(model)
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in state]:
        return False
    for variable, value in zip(variables, state, strict=True):
        variable.assign(value)
    return True


def _list_variables(model: Any) -> list[Any]:
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _to_numpy(variable: Any) -> Array:
    value: Array = variable.numpy()
    return value


def shuffle_pass(arrays: OrderArrays, digests: DigestCache) -> None:
    """Puts the examples of one pass of a pipeline into another order, which depends on the one that they came in."""
    columns = [arrays.by_role.get(role, []) for role in ("x", "y", "sample_weight")]
    words = " ".join(digests.compute_digest(array) for array in columns[0])
    seed = int.from_bytes(blake3.blake3(words.encode()).digest(8), "big")
    order = np.random.default_rng(seed).permutation(len(columns[0][0]))
    for values in columns:
        values[:] = [value[order] for value in values]


def copy_shuffling_state() -> list[Array]:
    """The generator's state as arrays: its words, its place with its flag, the number that it holds back."""
    if not KEEPS_STATE:
        return []
    found: Any = np.random.get_state(legacy=False)
    words = found["state"]
    places = np.array([words["pos"], found["has_gauss"]], "int64")
    return [np.array(words["key"], "uint32"), places, np.array([found["gauss"]], "float64")]


def restore_shuffling_state(arrays: list[Array]) -> None:
    """Lets the generator go on from where `copy_shuffling_state` saw it; nothing where that was empty."""
    if arrays:
        words, places, held = arrays
        np.random.set_state(("MT19937", words, int(places[0]), int(places[1]), float(held[0])))
