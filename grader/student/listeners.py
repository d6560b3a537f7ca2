"""The student's callbacks as one: calls their hooks with logs that answer to `acc` and `accuracy` alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import keras

from grader.protocol.orders import Hook
from grader.student.logs import Logs

TRAINING_HOOKS = {"train_begin", "train_end", "test_begin", "test_end"}
# Keras's own callbacks that only keep or show things: in a trial there is nothing to keep.
KEEPING = frozenset(
    {
        "BackupAndRestore",
        "CSVLogger",
        "ModelCheckpoint",
        "ProgbarLogger",
        "RemoteMonitor",
        "SwapEMAWeights",
        "TensorBoard",
    }
)
WEIGHTLESS_CALLBACKS = {
    "History",
    "ProgbarLogger",
    "TerminateOnNaN",
    "CSVLogger",
    "LearningRateScheduler",
    "ReduceLROnPlateau",
}


class StudentCallbacks:
    """Keras's own `CallbackList` hands its callbacks copies of the logs as a plain dict; this one keeps `Logs`."""

    def __init__(self, callbacks: Sequence[Any], model: Any, *, epochs: int, steps: int | None,
                 unknown: Mapping[str, Callable[[], Any]] = MappingProxyType({})) -> None:  # fmt: skip
        self.unknown = unknown
        self.given = list(callbacks)
        # Made only for what it sets up: the model, parameters and `History` of each callback.
        made = keras.callbacks.CallbackList(
            self.given, add_history=True, model=model, epochs=epochs, steps=steps, verbose=0
        )
        self.callbacks = made.callbacks
        self.history = model.history
        self.history.history = Logs(unknown=unknown)

    def call_hook(self, hook: Hook, index: int = 0, logs: dict[str, float] | None = None) -> None:
        """Calls one hook of every callback, in order, all on the same logs."""
        shared = Logs(logs or {}, self.unknown)
        for callback in self.callbacks:
            method = getattr(callback, f"on_{hook}")
            self.call_one(callback, method, *([shared] if hook in TRAINING_HOOKS else [index, shared]))

    def call_one(self, callback: Any, method: Any, *arguments: Any) -> None:
        """One hook of one callback."""
        method(*arguments)


def is_kerass_own(callback: Any) -> bool:
    """Whether a callback is Keras's own, and none of it the student's: a `LambdaCallback` calls their functions."""
    kind = type(callback)
    return kind.__module__.startswith("keras.src.callbacks") and kind.__name__ != "LambdaCallback"


def has_batch_hooks(callback: Any) -> bool:
    """Whether a callback has batch-level hooks of its own that it needs called."""
    # It overrides the batch hook but does nothing there; asking for every batch would slow the training down.
    if type(callback) is keras.callbacks.ModelCheckpoint and callback.save_freq == "epoch":
        return False
    hooks = ("train_batch_begin", "train_batch_end", "batch_begin", "batch_end", "test_batch_begin", "test_batch_end")
    # Keras marks its empty hooks so; events per batch are sent only if somebody listens.
    return any(not getattr(getattr(callback, f"on_{hook}", None), "_is_default", False) for hook in hooks)


def can_read_weights(callback: Any) -> bool:
    """Whether a callback may look at the model's weights; only well-known built-in ones surely don't."""
    return not (is_kerass_own(callback) and type(callback).__name__ in WEIGHTLESS_CALLBACKS)
