"""`grade batch` from the outside: a class, interrupted at any moment, ends as if it had not been."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

from grader.gradebook import Gradebook

pytestmark = pytest.mark.train

SPEC = """
schema: grade-exercise/1
id: small
title: Small
function: train
dataset: mnist
limits: {student: 60s, cpu: 2min, memory: 4GB}
checks:
  - {id: epochs, check: training.epochs, args: {below: 4}, points: 1}
  - {id: returned, check: returns.match_training, points: 1}
"""
TEXT = """
import keras
def train():
    (x, y), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(UNITS)])
    model.compile('adam', keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=['accuracy'])
    history = model.fit(x[:2000] / 255.0, y[:2000], epochs=EPOCHS, verbose=0)
    return history.epoch, history.history['accuracy'][-1]
"""
COMMAND = [sys.executable, "-c", "import sys; from grader.cli import main; main()", "batch", "small", "class", "-j", "2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A course with one exercise, and nine submissions: five trainings, a crash, and a file that is none."""
    tmp_path = tmp_path_factory.mktemp("batch")
    (tmp_path / "exercises" / "small").mkdir(parents=True)
    (tmp_path / "quizzes").mkdir()
    (tmp_path / "exercises" / "small" / "exercise.yaml").write_text(SPEC)
    (tmp_path / "class").mkdir()
    for number, (units, epochs) in enumerate([(10, 2), (12, 2), (10, 3), (10, 5), (12, 2), (14, 2), (10, 2)]):
        text = TEXT.replace("UNITS", str(units)).replace("EPOCHS", str(epochs))
        (tmp_path / "class" / f"s{number}.py").write_text(text)
    (tmp_path / "class" / "s7.py").write_text("def train():\n    return undefined_name\n")
    (tmp_path / "class" / "s8.py").write_text("def train(:\n")
    return tmp_path


def started(folder, gradebook, cache):
    environment = {**os.environ, "GRADE_COURSE": str(folder), "GRADE_CACHE": str(cache), "GRADE_STATE": str(folder / "state")}
    command = [*COMMAND, "--gradebook", f"sqlite:///{gradebook}", "--json", str(gradebook.with_suffix(".json"))]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    out, err = process.communicate(timeout=280)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def alone(folder):
    """The gradebook of an undisturbed run, beside its verdicts as JSON; and what the run said."""
    gradebook = folder / "alone.db"
    return gradebook, ended(started(folder, gradebook, folder / "cache-alone"))


def figures(gradebook):
    """What a gradebook holds, but for times."""
    book = Gradebook.open(f"sqlite:///{gradebook}", must_exist=True)
    found = [(one.student, one.status, one.score, one.ending, one.finding, one.outcomes) for one in book.list_figures()]
    book.close()
    return found


def nobody_left(folder):
    """Waits until no process of the class's folder is there."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        mine = [one for one in psutil.process_iter(["environ"]) if str(folder) in str(one.info["environ"])]
        if not [one for one in mine if one.status() != psutil.STATUS_ZOMBIE]:
            return True
        time.sleep(0.2)
    return False


def test_undisturbed_it_says_what_became_of_the_class(alone):
    """Passed and not passed, counted; on stderr only what was written."""
    code, out, err = alone[1]

    assert (code, err) == (0, f"Wrote {alone[0].with_suffix('.json')}\n")
    assert "9 submissions: 6 passed, 3 not passed" in out


def test_killed_at_any_moment_it_goes_on_where_it_was(folder, alone, tmp_path):
    """After ten kills and one run to the end the gradebook is that of an undisturbed run, and nothing is left running."""
    killed, chance = tmp_path / "killed.db", random.Random(5)
    for _ in range(10):
        process = started(folder, killed, tmp_path / "cache")
        try:
            process.wait(chance.uniform(0.5, 9.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
    code, _, err = ended(started(folder, killed, tmp_path / "cache"))

    assert (code, err) == (0, f"Wrote {killed.with_suffix('.json')}\n")
    assert figures(killed) == figures(alone[0])
    assert nobody_left(folder)


def test_ctrl_c_ends_it_with_what_is_done_kept(folder, tmp_path):
    """130, and the verdicts so far are in the gradebook, which the message counts."""
    process = started(folder, tmp_path / "book.db", tmp_path / "cache")
    end = time.monotonic() + 100
    while not (tmp_path / "book.db").exists() and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)

    kept = len(figures(tmp_path / "book.db"))
    assert (code, err.splitlines()[-1], "Traceback" in err) == (130, "grade: interrupted", False)
    assert f"{kept} of 9 files" in err
    assert nobody_left(folder)


def test_verdicts_are_written_under_the_students_ids(alone):
    """The report names who handed in what; equal trainings are run once."""
    verdicts = json.loads(alone[0].with_suffix(".json").read_text())

    assert [one["submission"]["path"] for one in verdicts] == [f"s{n}/s{n}.py" for n in range(9)]
    assert sum(not training["replayed"] for one in verdicts for training in one["training"]) <= 5
    assert verdicts[8]["end"] == "not_started"
    assert "undefined_name" in verdicts[7]["end_message"]
