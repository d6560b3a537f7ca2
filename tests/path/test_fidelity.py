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
fidelity_cases.CASES = eval(sys.argv[2], vars(fidelity_cases))
print("RESULT" + json.dumps(fidelity_cases.train_many(), default=float))
"""


def run_plain(folder, cases):
    command = [sys.executable, "-c", PLAIN, str(CASES.parent), cases]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.split("RESULT")[1])


@pytest.fixture
def both(graded, tmp_path):
    """What plain Keras and a graded file make of some cases: by name, the epochs and the figures of the history."""

    def run(cases):
        text = CASES.read_text().replace("def train_many():", "def train():") + f"\nCASES = {cases}\n"
        verdict = graded(text, student="5min", cpu="5min")
        assert verdict.end == "completed", verdict.end_message
        return run_plain(tmp_path, cases), verdict.returned

    return run


@pytest.mark.parametrize(("cases", "count"), [("CASES[::2]", 32), ("CASES[1::2]", 32)])
def test_every_way_to_train_gives_the_histories_of_plain_keras(both, cases, count):
    """The histories that a student's file sees are the same floats, graded or run by itself."""
    plain, returned = both(cases)

    assert [name for name in plain if plain[name] != returned[name]] == []
    assert len(plain) == count


def test_other_random_numbers_give_a_history_alike(both):
    """The same epochs and figures, and losses that are close, where plain Keras has drawn other random numbers."""
    plain, returned = both("ALIKE")
    losses = {name: (plain[name][1]["loss"], returned[name][1]["loss"]) for name in plain}

    assert {name: (epochs, sorted(figures)) for name, (epochs, figures) in plain.items()} == {
        name: (epochs, sorted(figures)) for name, (epochs, figures) in returned.items()
    }
    assert {name: pair for name, pair in losses.items() if pair[0] != pytest.approx(pair[1], rel=0.1)} == {}
    assert len(plain) == 2
