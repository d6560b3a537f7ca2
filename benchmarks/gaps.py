"""How far the accuracy that honest trainings log lies above the one that the trained model has, as the grader sees it.

    KERAS_BACKEND=tensorflow PYTHONPATH=. python benchmarks/gaps.py [--dataset mnist] [--examples 20000] [NAME ...]

Each training is looked at after every epoch, as if it had ended there; the tolerance of `training.reaches` has to lie
above all of these figures. Prints one line for each training, with its largest gap, and the largest of all at the end.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import layers, optimizers

from grader.data import load_dataset
from grader.protocol.orders import Answer, Event
from grader.records.run import tolerated_gap
from grader.trainer.training.agreement import EXAMPLES, Logged, Sample

Layers = Callable[[], list[Any]]


def dense(*between: Any, units: int = 128, before: tuple[Any, ...] = ()) -> Layers:
    return lambda: [*before, layers.Flatten(), layers.Dense(units, activation="relu"), *between, layers.Dense(10, activation="softmax")]


def deep(depth: int = 8) -> list[Any]:
    return [layers.Flatten(), *[layers.Dense(64, activation="relu") for _ in range(depth)], layers.Dense(10, activation="softmax")]


def convolution(momentum: float = 0.99, drop: float = 0.0) -> Layers:
    def build() -> list[Any]:
        blocks = [
            [layers.Conv2D(filters, 3, strides=2), layers.BatchNormalization(momentum=momentum), layers.ReLU(), layers.Dropout(drop)]
            for filters in (8, 16)
        ]
        return [layers.Reshape((28, 28, 1)), *[layer for block in blocks for layer in block], layers.Flatten(), layers.Dense(10, activation="softmax")]

    return build


def recurrent() -> list[Any]:
    return [layers.LSTM(32), layers.Dense(10, activation="softmax")]


@dataclass(frozen=True, kw_only=True)
class Honest:
    """One training: its layers (without the input), what it is compiled and fitted with."""

    build: Layers = field(default_factory=dense)
    optimizer: Callable[[], Any] = lambda: "adam"
    batch: int = 32
    epochs: int = 4
    share: float = 1.0
    smoothing: float = 0.0
    dtype: str | None = None


TRAININGS = {
    "plain": Honest(),
    "wide, long": Honest(build=dense(units=512), epochs=8),
    "Adam 0.003": Honest(optimizer=lambda: optimizers.Adam(0.003)),
    "Adam 0.01": Honest(optimizer=lambda: optimizers.Adam(0.01), epochs=8),
    "Adam 0.03": Honest(optimizer=lambda: optimizers.Adam(0.03), epochs=8),
    "Adam 0.1": Honest(optimizer=lambda: optimizers.Adam(0.1), epochs=8),
    "Adam 0.01, deep": Honest(build=deep, optimizer=lambda: optimizers.Adam(0.01), epochs=8),
    "RMSprop 0.01": Honest(optimizer=lambda: optimizers.RMSprop(0.01), epochs=8),
    "Nadam 0.01": Honest(optimizer=lambda: optimizers.Nadam(0.01), epochs=8),
    "SGD 0.5": Honest(optimizer=lambda: optimizers.SGD(0.5), epochs=8),
    "SGD 1.0": Honest(optimizer=lambda: optimizers.SGD(1.0), epochs=8),
    "momentum 0.9, 0.1": Honest(optimizer=lambda: optimizers.SGD(0.1, momentum=0.9), epochs=8),
    "momentum 0.99, 0.03": Honest(optimizer=lambda: optimizers.SGD(0.03, momentum=0.99), epochs=8),
    "Adadelta": Honest(optimizer=lambda: optimizers.Adadelta(1.0)),
    "dropout 0.2": Honest(build=dense(layers.Dropout(0.2))),
    "dropout 0.5": Honest(build=dense(layers.Dropout(0.5))),
    "dropout 0.8": Honest(build=dense(layers.Dropout(0.8))),
    "noise": Honest(build=dense(layers.GaussianNoise(0.5))),
    "augmentation": Honest(build=dense(before=(layers.Reshape((28, 28, 1)), layers.RandomTranslation(0.1, 0.1), layers.RandomRotation(0.1))), epochs=2),
    "normalised": Honest(build=convolution()),
    "normalised, one epoch of large batches": Honest(build=convolution(), batch=512, epochs=3),
    "normalised, momentum 0.999": Honest(build=convolution(0.999), epochs=2),
    "normalised, momentum 0.5": Honest(build=convolution(0.5), epochs=3),
    "normalised, batches of 4": Honest(build=convolution(), batch=4, epochs=2, share=0.3),
    "normalised, batches of 2": Honest(build=convolution(), batch=2, epochs=2, share=0.3),
    "normalised, dropout": Honest(build=convolution(drop=0.3)),
    "normalised, Adam 0.03": Honest(build=convolution(), optimizer=lambda: optimizers.Adam(0.03), epochs=6),
    "batches of 1": Honest(batch=1, epochs=2, share=0.3),
    "batches of 1, Adam 0.01": Honest(batch=1, epochs=2, share=0.3, optimizer=lambda: optimizers.Adam(0.01)),
    "batches of 5,000": Honest(batch=5000, epochs=20),
    "averages": Honest(optimizer=lambda: optimizers.Adam(use_ema=True), epochs=3),
    "warm restarts": Honest(optimizer=lambda: optimizers.Adam(optimizers.schedules.CosineDecayRestarts(0.01, 700)), epochs=6),
    "smoothed labels": Honest(smoothing=0.1),
    "half precision": Honest(dtype="mixed_float16", epochs=2, share=0.3),
    "recurrent": Honest(build=recurrent, epochs=3),
    "recurrent, Adam 0.02": Honest(build=recurrent, optimizer=lambda: optimizers.Adam(0.02), epochs=3),
}


class Gaps(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes after each epoch what was logged, and how far above the model's own accuracy."""

    def __init__(self, seen: Sample, whole: tuple[Any, Any]) -> None:
        super().__init__()
        self.seen, self.whole, self.found = seen, whole, []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logged = Logged()
        logged.begin("accuracy", self.seen)
        logged.note(Event(hook="epoch_end", index=epoch, logs={"accuracy": float(logs["accuracy"])}), Answer(), [])
        scores = np.concatenate([np.asarray(self.model.predict_on_batch(self.whole[0][at : at + 1000])) for at in range(0, len(self.whole[0]), 1000)])
        measured = float((scores.argmax(axis=1) == self.whole[1]).mean())
        gap, _ = logged.find_gap(measured, lambda: self.model)
        self.found.append((gap, float(logs["accuracy"])))


def largest(honest: Honest, dataset: str, examples: int, seed: int) -> tuple[float, float]:
    """The gap of a training that comes nearest to what is tolerated, with the accuracy that was logged there."""
    keras.utils.set_random_seed(seed)
    data = load_dataset(dataset)
    count = int(examples * honest.share)
    x, labels = (data.x_train[:count] / 255.0).astype("float32"), data.y_train[:count].astype("int64")
    policy = keras.dtype_policies.get(honest.dtype or "float32")
    keras.config.set_dtype_policy(policy)
    model = keras.Sequential([keras.Input((28, 28)), *honest.build()])
    keras.config.set_dtype_policy("float32")
    loss: Any = keras.losses.CategoricalCrossentropy(label_smoothing=honest.smoothing) if honest.smoothing else "sparse_categorical_crossentropy"
    y = np.eye(10, dtype="float32")[labels] if honest.smoothing else labels
    steps = max(1, min(50, count // honest.batch // 4))
    model.compile(honest.optimizer(), loss, metrics=["accuracy"], steps_per_execution=steps)
    places = np.random.default_rng(0).permutation(count)[:EXAMPLES]
    gaps = Gaps(Sample(examples=x[places], labels=labels[places], batch=honest.batch), (x, labels))
    model.fit(x, y, batch_size=honest.batch, epochs=honest.epochs, callbacks=[gaps], verbose=0)
    return max(gaps.found, key=lambda each: each[0] / tolerated_gap(each[1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--examples", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7])
    options = parser.parse_args()
    worst = 0.0
    for name in options.names or TRAININGS:
        for seed in options.seeds:
            gap, logged = largest(TRAININGS[name], options.dataset, options.examples, seed)
            used = gap / tolerated_gap(logged)
            worst = max(worst, used)
            print(f"{name:40} seed {seed}: gap {gap:.4f} at {logged:.4f}, {used:.0%} of what is tolerated", flush=True)
    print(f"the largest: {worst:.0%} of what is tolerated")


if __name__ == "__main__":
    main()
