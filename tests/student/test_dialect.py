import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.keras

HERE = Path(__file__).parent


@pytest.mark.parametrize("lines", ["old_calls.txt", "devices.txt"])
def test_old_calls_work(tmp_path, lines):
    """Every line of TF 1 and older Keras in the list runs under the aliases; so does what asks for several devices, or a GPU."""
    command = [sys.executable, str(HERE / "old_calls.py"), str(HERE / lines), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr[-2000:]
    assert [line for line in run.stdout.splitlines() if line.startswith("FAILED")] == []


def test_what_is_understood_leniently_is_told_as_failing_outside(tmp_path):
    """Each kind is really refused by plain Keras, works here, and leaves its note; what is right leaves none."""
    command = [sys.executable, str(HERE / "lenient_calls.py"), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr[-2000:]
    assert [line for line in run.stdout.splitlines() if line.startswith("FAILED")] == []
