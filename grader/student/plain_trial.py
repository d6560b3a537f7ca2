"""Ends a trial of plain Keras as soon as it has shown that plain Keras can train."""

from __future__ import annotations

import time
from typing import Any

import keras

TRIAL_S = 20.0


class TrialPassed(Exception):
    """Plain Keras trained where the trainer couldn't."""


class StopAfterOneEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends a trial of plain Keras after one epoch, or after some seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.end = time.monotonic() + TRIAL_S

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if time.monotonic() > self.end:
            raise TrialPassed

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        raise TrialPassed
