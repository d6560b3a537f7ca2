"""The tests of the trainer's room, run on the JAX backend, as where TensorFlow isn't installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax")

pytestmark = pytest.mark.keras

WITHOUT = "import sys, pytest; sys.modules['tensorflow'] = None; sys.exit(pytest.main(sys.argv[1:]))"
TESTS = Path(__file__).parents[1]
# Each test compiles anew, so of the long ones only some are run here.
FILES = {
    "trainer/training/test_replay.py": "told_again or goes_on",
    "backends/on_jax_scanning.py": "",
    "backends/on_jax_feeding.py": "",
    "backends/on_jax_logits.py": "",
}


@pytest.mark.parametrize("file", FILES)
def test_what_holds_on_tensorflow_holds_on_jax(file):
    """Training, replaying and going on, with Keras on JAX."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "keras or not keras",
         "-k", FILES[file], TESTS / file],
        env={**environment, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-4000:]
    assert " skipped" not in done.stdout


def test_a_trainer_on_jax_never_imports_tensorflow():
    """Where it is installed too: seeding and training leave it alone."""
    text = """
import sys, keras, numpy
from grader.trainer.training import loop
loop.scanning.skip_tensorflow()
keras.utils.set_random_seed(7)
model = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.1), keras.layers.Dense(2)])
model.compile("sgd", "mse")
model.fit(numpy.zeros((40, 3)), numpy.zeros((40, 2)), validation_split=0.2, verbose=0)
print("tensorflow" in sys.modules)
"""
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}

    done = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=False)

    assert done.stdout == "False\n", done.stderr[-2000:]
