"""The benchmarks of trainer and device work where there is no GPU, at a small size."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax")

pytestmark = pytest.mark.train

ROOT = Path(__file__).parents[2]


def printed(name, *options):
    """What a benchmark prints in a process of its own."""
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, ROOT / "benchmarks" / name, *options], env=environment, capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_one_device_is_measured_from_one_training_to_several_processes():
    """Every figure that is promised for a GPU is there, and nothing failed."""
    found = printed("gpu.py", "--examples", "320", "--epochs", "2", "--concurrent", "2", "--together", "2",
                    "--each", "1")  # fmt: skip

    for words in (
        r"^cpu \(cpu\), \d+ cores, JAX \S+, Keras \S+ on jax, 320 examples$",
        r"^whole exercise, cold: [\d.]+ s, accuracy 0\.\d+ after 2 epochs, first epoch [\d.]+ s, others [\d.]+ s$",
        r"^whole exercise, warm: ",
        r"^imports before that: [\d.]+ s; memory: [\d.]+ GB at most$",
        r"^seconds per epoch: [\d.]+, by hand [\d.]+, ratio [\d.]+$",
        r"^2 in one vectorised call: [\d.]+ s per epoch of each, by hand$",
        r"^2 processes at a time: [\d.]+ trainings per minute, [\d.]+ GB for each at most$",
    ):
        assert re.search(words, found, re.MULTILINE), found


def test_the_ways_to_train_are_compared():
    """Each backend in turn, and JAX batch by batch."""
    found = printed("trainer.py", "--examples", "320", "--epochs", "1", "--rounds", "1", "--networks", "dense")

    assert [line.split("first epoch")[0].split(maxsplit=1)[1].strip() for line in found.splitlines()[1:]] == [
        "tensorflow", "jax, by batches", "jax",
    ]  # fmt: skip
    assert "1.00 × tensorflow" in found
