"""What looking for knowledge that nobody learned costs: exercise 1's reference training with these measures and without.

    TF_NUM_INTRAOP_THREADS=1 KERAS_BACKEND=tensorflow PYTHONPATH=. python benchmarks/measures.py [--rounds 3] [--epochs 9]

A trainer inspects, trains and measures the order of the reference solution, in turns with each measure and with nothing
in its place. Prints the seconds of both, their ratio, and the seconds that each measure took itself, which on a busy
machine tell more than the ratio: the trainings alone differ by more.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras import layers
from msgspec import structs

from grader.data import load_dataset
from grader.protocol.arrays import OrderedSpec
from grader.protocol.channel import Channel
from grader.protocol.orders import Answer, Event, FitArguments, Order, Trained
from grader.protocol.wire import Begin, Hello, Measure, Measured, Open, TrainerMessage, Waiting
from grader.trainer.match.digests import DigestCache
from grader.trainer.match.ordered_data import MatchCache
from grader.trainer.order import checking, rebuild
from grader.trainer.serving import serve_submission
from grader.trainer.submission_trainer import ProcessState
from grader.trainer.training import agreement, fresh_model, neighbours

LINE = 0.99
# Each measure with what stands in its place.
MEASURES: list[tuple[Any, str, Callable[..., Any]]] = [
    (checking, "_check_numbers", lambda *_: None),
    (rebuild, "check_examples_apart", lambda *_: None),
    (fresh_model, "refuse_knowledge", lambda *_: None),
    (neighbours, "refuse_mixing_layers", lambda *_: None),
    (neighbours, "mixes_examples", lambda *_: False),
    (fresh_model, "knows_without_learning", lambda *_: False),
    (agreement, "sample", lambda *_: None),
    (agreement.Logged, "note", lambda *_: None),
    (agreement.Logged, "find_gap", lambda *_: (0.0, 0.0)),
]


def reference(epochs: int) -> tuple[Order, list[Any]]:
    """The order of exercise 1's reference solution, with its arrays."""
    model = keras.Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(128, "relu"), layers.Dense(10, "softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    data = load_dataset("mnist")
    arrays = [(data.x_train / 255.0).astype("float32"), data.y_train]
    specs = [
        OrderedSpec(dtype=array.dtype.name, shape=list(array.shape), role=role)
        for array, role in zip(arrays, ("x", "y"), strict=True)
    ]
    settings = json.dumps(model.get_compile_config())
    return Order(model=0, architecture=model.to_json(), compile=settings, fit=FitArguments(epochs=epochs), arrays=specs), arrays


def front(sock: socket.socket, order: Order, arrays: list[Any]) -> None:
    """Plays the front with a callback that stops above the line; measures what was trained."""
    with sock:
        channel = Channel(sock, TrainerMessage)
        channel.receive()
        channel.send(Open(order=order, dataset="mnist", memory=4_000_000_000), [np.ascontiguousarray(a).reshape(-1).data for a in arrays])
        channel.receive()
        channel.send(Begin(seed=7, limit_s=3600.0))
        while not isinstance(message := channel.receive(), Measured):
            if isinstance(message, Event):
                channel.send(Answer(stop=message.logs.get("accuracy", 0.0) > LINE))
            elif isinstance(message, Trained):
                for spec in message.arrays:
                    channel.read_into(memoryview(bytearray(spec.nbytes)))
                channel.send(Measure())
            elif not isinstance(message, Waiting):
                raise SystemExit(f"the trainer said {message}")


def seconds(order: Order, arrays: list[Any]) -> float:
    """How long the trainer takes for one submission."""
    keras.utils.clear_session()
    state = ProcessState(archive=None, machine="here", device="cpu", find=MatchCache(DigestCache()))
    ours, theirs = socket.socketpair()
    playing = threading.Thread(target=front, args=(ours, order, arrays))
    start = time.monotonic()
    playing.start()
    serve_submission(theirs, Hello(backend=keras.backend.backend(), device="cpu", versions={}), state)
    playing.join()
    return time.monotonic() - start


@contextlib.contextmanager
def measured(spent: dict[str, float], *, without: bool) -> Iterator[None]:
    """Puts a clock around each measure, or nothing in its place."""

    def timed(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            start = time.monotonic()
            try:
                return real(*args, **kwargs)
            finally:
                spent[name] = spent.get(name, 0.0) + time.monotonic() - start

        return run

    with contextlib.ExitStack() as stack:
        for owner, name, nothing in MEASURES:
            stack.enter_context(mock.patch.object(owner, name, nothing if without else timed(name, getattr(owner, name))))
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=9)
    options = parser.parse_args()
    order, arrays = reference(options.epochs)
    whole: dict[bool, list[float]] = {False: [], True: []}
    spent: dict[str, float] = {}
    seconds(structs.replace(order, fit=FitArguments(epochs=1)), arrays)  # what is slow the first time is none of the measures' business
    for _ in range(options.rounds):
        for without in (True, False):
            with measured(spent, without=without):
                whole[without].append(seconds(order, arrays))
    both = {way: statistics.median(found) for way, found in whole.items()}
    print(f"{os.cpu_count()} cores, {options.rounds} rounds of at most {options.epochs} epochs")
    print(f"with the measures {both[False]:.2f} s, without {both[True]:.2f} s: ratio {both[False] / both[True]:.3f}")
    for name, took in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"{name:22} {took / options.rounds:6.3f} s, {took / sum(whole[False]):.2%} of the time with them")
    print(f"all measures: {sum(spent.values()) / sum(whole[False]):.2%}")


if __name__ == "__main__":
    main()
