"""Delegated training is plain Keras, digit for digit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.train
CASES = Path(__file__).with_name("fidelity_cases.py")
PLAIN = """
import sys, json
sys.path.insert(0, sys.argv[1])
import keras
from grader.data import load_dataset
def load_data(path=None):
    data = load_dataset("mnist")
    return (data.x_train, data.y_train), (data.x_test, data.y_test)
keras.datasets.mnist.load_data = load_data
import fidelity_cases
print("RESULT" + json.dumps(fidelity_cases.train_many(), default=float))
"""


def run_plain(folder):
    command = [sys.executable, "-c", PLAIN, str(CASES.parent)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.split("RESULT")[1])


def test_every_way_to_train_gives_the_histories_of_plain_keras(graded, tmp_path):
    """The histories that a student's file sees are the same floats, graded or run by itself."""
    text = CASES.read_text().replace("def train_many():", "def train():")

    verdict = graded(text, student="5min", cpu="5min")
    plain = run_plain(tmp_path)

    assert verdict.end == "completed", verdict.end_message
    assert [name for name in plain if plain[name] != verdict.returned[name]] == []
    assert len(plain) == 32
