"""Small orders of trainings, what trains them, and a student's side that answers as it is told to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import Input, layers

from grader.protocol.arrays import OrderedSpec
from grader.protocol.orders import Answer, Event, FitArguments, Order
from grader.records.run import Architecture
from grader.stores.store import Store
from grader.trainer.match.digests import DigestCache
from grader.trainer.training.feeding import OrderArrays
from grader.trainer.training.loop import InspectedOrder
from grader.trainer.training.trainees import Trainees
from grader.trainer.training.trajectory import STORE_KIND, TrajectoryArchive

RANDOM = np.random.default_rng(3)
X = RANDOM.random((256, 6, 6, 1)).astype("float32")
Y = (X.mean(axis=(1, 2, 3)) > 0.5).astype("uint8")


def dense() -> Any:
    return [Input((6, 6, 1)), layers.Flatten(), layers.Dense(8, activation="relu"), layers.Dense(2)]


def dropout() -> Any:
    return [
        Input((6, 6, 1)), layers.Flatten(), layers.Dense(8), layers.BatchNormalization(), layers.Dropout(0.4),
        layers.Dense(2),
    ]  # fmt: skip


def convolution() -> Any:
    return [Input((6, 6, 1)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2)]


def unbuilt() -> Any:
    return [layers.Flatten(), layers.Dense(8, activation="relu"), layers.Dense(2)]


def order(build: Any = dense, optimizer: Any = "adam", model: int = 0, y: Any = Y, **fit: Any) -> InspectedOrder:
    """An order as the trainer has opened it."""
    weights_each_epoch = bool(fit.pop("weights", False))
    network = keras.Sequential(build())
    network.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    values = [X.copy(), y.copy()]
    roles = ("x", "y")
    specs = [
        OrderedSpec(dtype=v.dtype.name, shape=list(v.shape), role=r) for r, v in zip(roles, values, strict=True)
    ]
    declared = Order(
        model=model,
        architecture=network.to_json(),
        compile=json.dumps(network.get_compile_config()),
        fit=FitArguments(**fit),
        arrays=specs,
        weights_each_epoch=weights_each_epoch,
    )
    return InspectedOrder(order=declared, arrays=OrderArrays(specs, values), architecture=Architecture(layers=[], parameters=0))


def trainees(*, stored: bool = False) -> Trainees:
    return Trainees(TrajectoryArchive(Store(STORE_KIND)) if stored else None, "here", lambda seconds: None, DigestCache())


@dataclass
class Student:
    """Answers by a rule, and remembers what it was told."""

    stop_after: int | None = None
    rate_at: tuple[str, int] | None = None
    restore: tuple[str, int] | None = None
    heard: list[tuple[str, int, dict[str, float]]] = field(default_factory=list)
    weights: list[Any] = field(default_factory=list)

    def __call__(self, event: Event, weights: Any) -> Answer:
        self.heard.append((event.hook, event.index, event.logs))
        if weights:
            self.weights.append(weights)
        stop = event.hook == "epoch_end" and self.stop_after == event.index + 1
        rate = 0.05 if (event.hook, event.index) == self.rate_at else None
        restore = self.restore[1] if self.restore is not None and event.hook == self.restore[0] else None
        return Answer(stop=stop, learning_rate=rate, restore=restore)

    @property
    def epochs(self) -> list[dict[str, float]]:
        return [logs for hook, _, logs in self.heard if hook == "epoch_end"]
