"""A training as it went: what it said at each epoch, the weights that epochs ended with, and the last full state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct, field

from grader.arrays import ArraySpec
from grader.store import Store
from grader.trainer.feeding import Array
from grader.wire import Hook, Measured

RECORD = "record"
KIND = "trajectories"
# What one trajectory may hold: weights of epochs beyond the first bound, and a state beyond the second, are left out.
MAX_WEIGHTS_BYTES = 100_000_000
MAX_STATE_BYTES = 300_000_000


class Told(Struct, frozen=True, kw_only=True):
    """A hook as the training told it."""

    hook: Hook
    index: int
    logs: dict[str, float]
    steps: int | None


class Epoch(Struct, frozen=True, kw_only=True):
    """One whole epoch: its hooks, the seconds from the first step to its end, what its weights measure on a dataset."""

    told: list[Told]
    seconds: float
    measured: dict[str, Measured] = field(default_factory=dict)


class Trajectory(Struct, frozen=True, kw_only=True):
    """The epochs of one training, from its beginning."""

    opening: list[Told] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)


class Archive:
    """Trajectories in a store; what is missing or damaged there is None, and is trained again.

    Args:
        check: raises where what this process computes must not be stored; asked before each writing.
    """

    def __init__(self, store: Store, check: Callable[[], None] = lambda: None) -> None:
        self.store, self.check = store, check

    def load(self, key: str) -> Trajectory | None:
        """The record of a training."""
        body = self.store.read(key, RECORD)
        if body is None:
            return None
        try:
            return msgspec.msgpack.decode(body, type=Trajectory)
        except msgspec.DecodeError:  # another version's
            self.store.drop(key)
            return None

    def save(self, key: str, trajectory: Trajectory) -> None:
        """Writes the record; after what it refers to, so that a kill in between leaves nothing half there."""
        self.check()
        self.store.write(key, RECORD, msgspec.msgpack.encode(trajectory))

    def weights(self, key: str, epochs: int) -> list[Array] | None:
        """The weights after so many epochs, as `Model.get_weights` gives them."""
        return _unpacked(self.store.read(key, f"weights-{epochs}"))

    def save_weights(self, key: str, epochs: int, weights: Sequence[Array]) -> None:
        """Keeps the weights after so many epochs."""
        self.check()
        self.store.write(key, f"weights-{epochs}", _packed(weights))

    def state(self, key: str, epochs: int) -> list[Array] | None:
        """All variables of model and optimizer after so many epochs, where they are the last that were kept."""
        return _unpacked(self.store.read(key, f"state-{epochs}"))

    def save_state(self, key: str, epochs: int, state: Sequence[Array]) -> None:
        """Keeps the full state after so many epochs, from which the training can go on."""
        self.check()
        self.store.write(key, f"state-{epochs}", _packed(state))

    def drop_state(self, key: str, epochs: int) -> None:
        """Forgets the state of an epoch that is no longer the last."""
        self.store.remove(key, f"state-{epochs}")


def _packed(arrays: Sequence[Array]) -> bytes:
    specs = [ArraySpec(dtype=array.dtype.name, shape=list(array.shape)) for array in arrays]
    head = msgspec.msgpack.encode(specs)
    return b"".join([len(head).to_bytes(4, "big"), head, *(np.ascontiguousarray(array).tobytes() for array in arrays)])


def _unpacked(body: bytes | None) -> list[Array] | None:
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
