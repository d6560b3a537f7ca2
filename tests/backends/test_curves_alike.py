"""Curves on JAX are those on TensorFlow, but for the random numbers that a training begins with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax")

pytestmark = pytest.mark.train

ROOT = Path(__file__).parents[2]
SEEDS, EPOCHS = 12, 1  # six seeds may all be lucky: their spread tells less than it seems to
# In standard errors of the difference. The seeds are fixed, so on one machine with one set of libraries the same comes
# out every time; were they drawn, accuracy or loss would go beyond once in some ten thousand (Student's t with 22
# degrees of freedom: 0.00005 for each).
TOLERANCE = 5.0


def started(backend, *rates):
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3",
                   "TF_NUM_INTRAOP_THREADS": "1", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}"}  # fmt: skip
    command = [sys.executable, ROOT / "tests" / "backends" / "curves.py", str(SEEDS), str(EPOCHS), *rates]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def curves(process):
    """Of shape (rates, seeds, epochs, 2)."""
    out, err = process.communicate()
    assert process.returncode == 0, err[-3000:]
    return np.array(json.loads(out))


def apart(one, other):
    """The greatest difference of mean curves, of shape (seeds, epochs, 2), in standard errors (Welch's t)."""
    errors = np.sqrt(one.var(axis=0, ddof=1) / len(one) + other.var(axis=0, ddof=1) / len(other))
    return float(np.max(np.abs(one.mean(axis=0) - other.mean(axis=0)) / errors))


def test_accuracies_and_losses_agree_over_seeds_and_another_training_would_not():
    """After the first epoch, which tells most apart; a learning rate half as high again is told by the same measure."""
    processes = started("tensorflow", "0.001", "0.0015"), started("jax", "0.001")
    (tensorflow, faster), (jax,) = (curves(process) for process in processes)

    assert tensorflow.shape == (SEEDS, EPOCHS, 2)
    assert apart(tensorflow, jax) < TOLERANCE
    assert apart(jax, faster) > TOLERANCE
