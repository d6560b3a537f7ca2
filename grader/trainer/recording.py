"""Writes a training down while it goes on, epoch by epoch, for as long as it is what its key says."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import structs

from grader.arrays import ITEM_SIZES
from grader.trainer import shuffling
from grader.trainer.feeding import Array
from grader.trainer.trajectory import MAX_STATE_BYTES, MAX_WEIGHTS_BYTES, Archive, Epoch, Told, Trajectory
from grader.wire import Answer, Event


class Recorder:
    """One training's recorder.

    Args:
        trajectory: what is known already; epochs that it holds are not written again.
        from_epoch: whole epochs that the model had behind it when this training began, and
        from_s: the seconds that they took.
    """

    def __init__(self, archive: Archive, key: str, trajectory: Trajectory, from_epoch: int, from_s: float) -> None:
        self.archive, self.key = archive, key
        self.known = trajectory
        self.done, self.from_s = from_epoch, from_s
        self.pending: list[Told] = []
        self.going = True

    def told(self, event: Event) -> None:
        """A hook, before it is answered."""
        self.pending.append(Told(hook=event.hook, index=event.index, logs=event.logs, steps=event.steps))
        if event.hook == "train_begin":
            self.known = structs.replace(self.known, opening=self.pending) if self.going else self.known
            self.pending = []

    def epoch_ended(self, model: Any, seconds: float) -> None:
        """An epoch is whole: keeps its hooks, its weights and the state in which it left the model."""
        told, self.pending = self.pending, []
        if not self.going:
            return
        self.done += 1
        if self.done <= len(self.known.epochs):
            return
        state = [*full_state(model), *shuffling.state()]
        if sum(array.nbytes for array in state) > MAX_STATE_BYTES or {a.dtype.name for a in state} - set(ITEM_SIZES):
            self.going = False
            return
        epoch = Epoch(told=told, seconds=self.from_s + seconds)
        self.known = structs.replace(self.known, epochs=[*self.known.epochs, epoch])
        weights = model.get_weights()
        if self.done * sum(array.nbytes for array in weights) <= MAX_WEIGHTS_BYTES:
            self.archive.save_weights(self.key, self.done, weights)
        self.archive.save_state(self.key, self.done, state)
        self.archive.save(self.key, self.known)
        self.archive.drop_state(self.key, self.done - 1)

    def answered(self, event: Event, answer: Answer) -> None:
        """Whoever sets the learning rate or weights, or stops elsewhere than after an epoch, trains something else."""
        stops_within = answer.stop and event.hook not in ("epoch_end", "train_end")
        if answer.learning_rate is not None or answer.restore is not None or stops_within:
            self.going = False


def full_state(model: Any) -> list[Array]:
    """All variables of a model and its optimizer, in their order, copied."""
    return [np.array(value) for variable in _variables(model) for value in [_numpy(variable)]]


def put_state(model: Any, state: list[Array]) -> bool:
    """Sets all variables; False where they aren't the model's."""
    variables = _variables(model)
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in state]:
        return False
    for variable, value in zip(variables, state, strict=True):
        variable.assign(value)
    return True


def _variables(model: Any) -> list[Any]:
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _numpy(variable: Any) -> Array:
    value: Array = variable.numpy()
    return value
