"""`grade batch --engine ray` on a real cluster: two workers on this machine, one of which is killed in the middle."""

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import time
import warnings

import psutil
import pytest

from grader.errors import UsageError
from grader.gradebook import Gradebook

pytest.importorskip("ray")

pytestmark = [
    pytest.mark.train,
    # Ray leaves the pipes of its own node processes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

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
import time
import keras
def train():
    (x, y), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10)])
    model.compile('adam', keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=['accuracy'])
    time.sleep(2)
    history = model.fit(x[:2000] / 255.0, y[:2000], epochs=EPOCHS, verbose=0)
    return history.epoch, history.history['accuracy'][-1]
"""
GRADE = [sys.executable, "-c", "import sys; from grader.cli import main; main()", "batch", "small", "class"]
STUDENTS = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A course with one exercise, and eight submissions: two trainings, a crash, and a file that is none."""
    folder = tmp_path_factory.mktemp("ray")
    (folder / "exercises" / "small").mkdir(parents=True)
    (folder / "quizzes").mkdir()
    (folder / "exercises" / "small" / "exercise.yaml").write_text(SPEC)
    (folder / "class").mkdir()
    for number, epochs in enumerate([2, 5, 2, 2, 5, 2]):
        (folder / "class" / f"s{number}.py").write_text(f"# {number}\n" + TEXT.replace("EPOCHS", str(epochs)))
    (folder / "class" / "s6.py").write_text("def train():\n    return undefined_name\n")
    (folder / "class" / "s7.py").write_text("def train(:\n")
    return folder


@pytest.fixture
def cluster():
    """A head without room for submissions, and two nodes with room for one each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.cluster_utils import Cluster

        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        yield made
    finally:
        made.shutdown()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del made
            gc.collect()


def started(folder, name, *words):
    environment = {**os.environ, "GRADE_COURSE": str(folder), "GRADE_CACHE": str(folder / f"cache-{name}"),
                   "GRADE_STATE": str(folder / "state")}  # fmt: skip
    book = ["--gradebook", f"sqlite:///{folder / name}.db", "--json", str(folder / f"{name}.json")]
    command = [*GRADE, "-j", "2", *book, *words]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    out, err = process.communicate(timeout=200)
    return process.returncode, out, err


def figures(folder, name):
    """What a gradebook holds, but for times."""
    book = Gradebook.open(f"sqlite:///{folder / name}.db", must_exist=True)
    found = [(one.student, one.status, one.score, one.ending, one.finding, one.outcomes) for one in book.list_figures()]
    book.close()
    return found


def so_far(folder, name):
    """How many verdicts there are; none where the gradebook isn't there yet, or has no tables yet."""
    with contextlib.suppress(UsageError):
        return len(figures(folder, name))
    return 0


def told(folder, name):
    """The verdicts, but for times, and for who was the first of those who ordered the same training."""
    verdicts = json.loads((folder / f"{name}.json").read_text())
    for verdict in verdicts:
        for key in ("timings", "stdout"):
            verdict.pop(key, None)
        for training in verdict["training"]:
            for key in ("seconds", "replayed"):
                training.pop(key, None)
    return verdicts


def nobody_left(folder):
    """Waits until no process that grades for this folder's class is there."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        mine = [one for one in psutil.process_iter(["environ"]) if str(folder) in str(one.info["environ"])]
        if not [one for one in mine if one.status() != psutil.STATUS_ZOMBIE]:
            return True
        time.sleep(0.2)
    return False


def test_with_a_worker_killed_the_gradebook_is_that_of_one_machine(folder, cluster):
    """Nothing is lost, nothing is there twice, every verdict is the local engine's, and the loss is told."""
    lost = cluster.add_node(num_cpus=1)
    cluster.add_node(num_cpus=1)
    process = started(folder, "ray", "--engine", "ray", "--address", cluster.address)
    end = time.monotonic() + 100
    while so_far(folder, "ray") < 2 and time.monotonic() < end and process.poll() is None:
        time.sleep(0.1)
    cluster.remove_node(lost, allow_graceful=False)
    code, out, err = ended(process)
    alone = ended(started(folder, "alone"))

    assert (code, alone[0], alone[2].count("\n")) == (0, 0, 1), err  # what was written
    assert "grade: a Ray worker was lost: " in err
    assert "TypeError" not in err  # of a message that can't be sent
    assert f"{STUDENTS} submissions: 4 passed, 4 not passed" in out
    assert figures(folder, "ray") == figures(folder, "alone")
    assert told(folder, "ray") == told(folder, "alone")
    assert nobody_left(folder)


def test_ctrl_c_ends_it_with_what_is_done_kept(folder, cluster):
    """130, and no process is left on the node."""
    cluster.add_node(num_cpus=2)
    process = started(folder, "stopped", "--engine", "ray", "--address", cluster.address)
    end = time.monotonic() + 100
    while so_far(folder, "stopped") < 2 and time.monotonic() < end and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)

    assert (code, "grade: interrupted" in err.splitlines()) == (130, True), err
    assert 2 <= so_far(folder, "stopped") < STUDENTS
    assert nobody_left(folder)
