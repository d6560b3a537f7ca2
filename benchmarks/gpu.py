"""What one device does with exercise 3: the trainer on JAX, cold and warm, and many trainings at a time.

    KERAS_BACKEND=jax PYTHONPATH=. python benchmarks/gpu.py [--examples 60000] [--concurrent 1 4 16 64]

Needs Keras and JAX, no TensorFlow; MNIST is in the package. Without a GPU everything is small by default. Prints the
device, seconds per epoch beside a training loop written by hand, the whole exercise cold and warm, trainings per
minute in several processes at a time and in one vectorised call, and what memory a process took: of the device, with
an estimate of what a process takes there before it computes; without a GPU, of the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import by_hand
import jax
import keras
import numpy as np
import psutil
import trainings

from grader.trainer import memory

ROOT = Path(__file__).resolve().parents[1]
LINE = 0.998


def main() -> None:
    options = arguments()
    if options.worker is not None:
        work(options)
        return
    device = jax.devices()[0]
    print(f"{device.device_kind} ({device.platform}), {os.cpu_count()} cores, JAX {jax.__version__}, "
          f"Keras {keras.__version__} on {keras.backend.backend()}, {options.examples:,} examples")  # fmt: skip
    whole(options)
    compared(options)
    vectorised(options)
    for number in options.concurrent:
        concurrent(options, number)


def arguments() -> argparse.Namespace:
    """The options; what isn't said depends on whether there is a GPU."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    gpu = jax.default_backend() == "gpu"
    parser.add_argument("--examples", type=int, default=60_000 if gpu else 2000)
    parser.add_argument("--epochs", type=int, default=19 if gpu else 2, help="at most so many")
    parser.add_argument("--concurrent", type=int, nargs="*", default=[1, 4, 16, 64] if gpu else [1, 2])
    parser.add_argument("--together", type=int, nargs="*", default=[4, 16, 64] if gpu else [2])
    parser.add_argument("--each", type=int, default=2, help="trainings of each process")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def whole(options: argparse.Namespace) -> None:
    """The exercise to its line: in this new process, and again with another seed."""
    imported_s = time.time() - psutil.Process().create_time()
    for name, seed in (("cold", 7), ("warm", 8)):
        clock, took_s = trained(options, seed)
        first, *others = clock.epochs_s
        further = f", others {np.median(others):.3f} s" if others else ""
        print(f"whole exercise, {name}: {took_s:.2f} s, accuracy {clock.accuracy:.4f} after {len(others) + 1} epochs, "
              f"first epoch {first:.2f} s{further}")  # fmt: skip
    print(f"imports before that: {imported_s:.1f} s; memory: {taken() / 1e9:.2f} GB at most", flush=True)


def trained(options: argparse.Namespace, seed: int) -> tuple[trainings.Clock, float]:
    """One training, and its seconds, with those of the data and the model."""
    began = time.monotonic()
    clock = trainings.trained(trainings.opened("convolution", options.examples, options.epochs), seed, LINE)
    return clock, time.monotonic() - began


def taken() -> int:
    """The most memory that this process ever took, in bytes."""
    return memory.measure_peak("gpu" if jax.default_backend() == "gpu" else "cpu")


def compared(options: argparse.Namespace) -> None:
    """Seconds per epoch beside the loop by hand, both warm."""
    images, labels = data(options)
    state, taken = by_hand.fresh(0), []
    for number in range(4):
        began = time.monotonic()
        state, right = by_hand.epoch(state, images, labels, by_hand.order(number, options.examples))
        right.block_until_ready()
        taken.append(time.monotonic() - began)
    clock = trainings.trained(trainings.opened("convolution", options.examples, 4))
    ours, hand = np.median(clock.epochs_s[1:]), np.median(taken[1:])
    print(f"seconds per epoch: {ours:.3f}, by hand {hand:.3f}, ratio {ours / hand:.2f}")


def data(options: argparse.Namespace) -> tuple[Any, Any]:
    """Images and labels on the device."""
    arrays = trainings.opened("convolution", options.examples, 1).arrays
    return jax.device_put(arrays.find_by_role("x")), jax.device_put(arrays.find_by_role("y").astype("int32"))


def vectorised(options: argparse.Namespace) -> None:
    """Several seeds in one call, by hand: whether it would pay to train so."""
    images, labels = data(options)
    for number in options.together:
        state = jax.vmap(by_hand.fresh)(np.arange(number))
        taken = []
        for epoch in range(3):
            orders = np.stack([by_hand.order(epoch * number + seed, options.examples) for seed in range(number)])
            began = time.monotonic()
            state, right = by_hand.epochs(state, images, labels, orders)
            right.block_until_ready()
            taken.append(time.monotonic() - began)
        print(f"{number} in one vectorised call: {np.median(taken[1:]) / number:.3f} s per epoch of each, by hand")


def concurrent(options: argparse.Namespace, number: int) -> None:
    """Trainings per minute of so many processes at a time, all of them warm."""
    command = [sys.executable, __file__, "--examples", str(options.examples), "--epochs", str(options.epochs),
               "--each", str(options.each)]  # fmt: skip
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "XLA_PYTHON_CLIENT_PREALLOCATE": "false", "PYTHONPATH": path}
    workers = [
        subprocess.Popen([*command, "--worker", str(seed)], env=environment, text=True, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for seed in range(number)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    began = time.time()
    for worker in workers:
        with contextlib.suppress(BrokenPipeError):  # it has failed, and is counted below
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
    done = [json.loads(line) for worker in workers for line in worker.communicate()[0].splitlines()]
    took_s = max((each["at"] for each in done), default=began) - began
    lost = sum(worker.returncode != 0 for worker in workers)
    rate = 60 * len(done) / took_s if done else 0.0
    most = max((each["memory"] for each in done), default=0)
    print(f"{number} processes at a time: {rate:.1f} trainings per minute, {most / 1e9:.2f} GB for each at most"
          + (f"; {lost} processes failed" if lost else ""), flush=True)  # fmt: skip


def work(options: argparse.Namespace) -> None:
    """A process that warms up, waits, and trains; tells when each training ended, and its memory."""
    trainings.trained(trainings.opened("convolution", options.examples, 1), options.worker)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(options.each):
        trained(options, 100 + options.worker * options.each + number)
        print(json.dumps({"at": time.time(), "memory": taken()}), flush=True)


if __name__ == "__main__":
    main()
