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
    "trainer/test_replay.py": "told_again or goes_on",
    "backends/on_jax_scanning.py": "",
    "backends/on_jax_feeding.py": "",
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
