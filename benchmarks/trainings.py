"""The trainings that the benchmarks of the trainer run, by the trainer's own means, in a process with one backend.

    KERAS_BACKEND=jax PYTHONPATH=. python benchmarks/trainings.py jax convolution --examples 2000 --epochs 2

Prints one line of JSON: seconds of each epoch, and the last one's accuracy.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import keras
from keras import layers

from grader.data import load_dataset
from grader.protocol.arrays import ArraySpec
from grader.protocol.orders import Answer, FitArguments, Order
from grader.protocol.wire import Begin
from grader.records.run import Architecture, ModelLayer
from grader.trainer.match.digests import DigestCache
from grader.trainer.training import loop
from grader.trainer.training.feeding import OrderArrays
from grader.trainer.training.trainees import Trainees


def opened(network: str, examples: int, epochs: int) -> loop.InspectedOrder:
    """The order of exercise 1 or 3 on MNIST, as the trainer has opened it."""
    data = load_dataset("mnist")
    first = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D()] if network == "convolution" else []
    rest = [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *first, *rest])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    arrays = [(data.x_train[:examples, ..., None] / 255.0).astype("float32"), data.y_train[:examples].copy()]
    specs = [
        ArraySpec(dtype=array.dtype.name, shape=list(array.shape), role=role)
        for array, role in zip(arrays, ("x", "y"), strict=True)
    ]
    order = Order(
        model=0,
        architecture=model.to_json(),
        compile=json.dumps(model.get_compile_config()),
        fit=FitArguments(epochs=epochs),
        arrays=specs,
    )
    found = [
        ModelLayer(name=layer.name, kind=type(layer).__name__, output_shape=list(layer.output.shape),
              parameters=layer.count_params()) for layer in model.layers
    ]  # fmt: skip
    architecture = Architecture(layers=found, parameters=model.count_params())
    return loop.InspectedOrder(order=order, arrays=OrderArrays(specs, arrays), architecture=architecture)


class Clock:
    """Stands for the student's side: notes when each epoch ends, and stops above a line."""

    def __init__(self, line: float = 2.0) -> None:
        self.line, self.ends, self.accuracy = line, [time.monotonic()], 0.0

    def __call__(self, event: Any, weights: Any) -> Answer:
        if event.hook != "epoch_end":
            return Answer()
        self.ends.append(time.monotonic())
        self.accuracy = event.logs["accuracy"]
        return Answer(stop=self.accuracy > self.line)

    @property
    def epochs_s(self) -> list[float]:
        """Seconds of each epoch; the first one's begin before the model is built."""
        return [after - before for before, after in zip(self.ends, self.ends[1:], strict=False)]


def trained(order: loop.InspectedOrder, seed: int = 7, line: float = 2.0) -> Clock:
    """One training by the trainer's own means, without a store."""
    clock = Clock(line)
    Trainees(None, "here", lambda _: None, DigestCache()).train_model(
        order, Begin(seed=seed, limit_s=3600.0, reuse=False), clock, lambda: None
    )
    return clock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", help="'by batches': one step per call, as Keras does on JAX")
    parser.add_argument("network", choices=["dense", "convolution"])
    parser.add_argument("--examples", type=int, default=60_000)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    if "batches" in options.way:
        loop.scanning = None
    clock = trained(opened(options.network, options.examples, options.epochs))
    print(json.dumps({"epochs_s": clock.epochs_s, "accuracy": clock.accuracy}))


if __name__ == "__main__":
    main()
