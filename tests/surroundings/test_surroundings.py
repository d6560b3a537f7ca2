"""A verdict doesn't depend on whose machine it is: every process of ours starts in the same surroundings."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from strange import STRANGE, lay

import grader
from grader.engines import surroundings

ROOT = Path(__file__).resolve().parents[2]
# Where the package under test lies: in its checkout, or where it was installed.
HOME = str(Path(grader.__file__).parents[1])
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
PLAIN = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
# The front in its surroundings starts a process of ours, as it would start the trainer.
FRONT = """
import os, subprocess, sys
from grader.engines import surroundings
path = os.pathsep.join([*surroundings.import_path(), sys.argv[1]])
command, given = surroundings.command("probe"), surroundings.environment({"PYTHONPATH": path, "HOME": "/", "GRADE_CACHE": "/"})
done = subprocess.run(command, env=given, cwd=surroundings.FOLDER, capture_output=True)
sys.stdout.buffer.write(done.stdout)
sys.stderr.buffer.write(done.stderr)
"""
PROBE = """
import builtins, importlib.util, json, locale, os, sys, warnings
import grader
where = [importlib.util.find_spec(name).origin for name in ("numpy", "keras", "grader")]
settings = [os.path.exists(os.environ["KERAS_HOME"]), os.getcwd(), sys.flags.optimize, sys.flags.dev_mode, len(warnings.filters)]
loaded = [name for name in ("sitecustomize", "usercustomize", "keras", "spoilt") if name in sys.modules]
environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
print(json.dumps([where, settings, loaded, environment, locale.getpreferredencoding(), sys.stdout.encoding, hasattr(builtins, "exit")]))
"""
TRAINING = """
import tensorflow as tf

class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.99:
            self.model.stop_training = True

def train_mnist():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x / 255.0, y, batch_size=256, epochs=2, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
"""


def seen(tmp_path, names):
    """What a process of ours finds in such surroundings."""
    (tmp_path / "probe").mkdir()
    (tmp_path / "probe" / "probe.py").write_text(PROBE)
    place = tmp_path / "place"
    place.mkdir()
    strange = lay(place, names, VERSION)
    front = [sys.executable, "-c", f"import sys; sys.path.insert(0, {HOME!r})\n{FRONT}", str(tmp_path / "probe")]
    environment = {**PLAIN, **strange, "GRADE_CACHE": "/none"}
    done = subprocess.run(front, env=environment, cwd=place, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """What it finds where nothing is strange."""
    return seen(tmp_path_factory.mktemp("plain"), [])


@pytest.mark.parametrize("name", STRANGE)
def test_a_process_of_ours_sees_nothing_strange(name, tmp_path, plain):
    """Whatever the user's variables and files are: the same environment, libraries, flags and folder."""
    assert seen(tmp_path, [name]) == plain


def test_the_probe_would_see_a_change(plain):
    """What it finds is what it should: Keras's settings come from no file, and nothing was run before it."""
    where, settings, loaded, environment, *encodings, leaves = plain

    assert where[2] == grader.__file__
    assert settings[:4] == [False, "/", 0, False]
    assert loaded == []
    assert set(environment) <= {*surroundings.CONSTANT, *surroundings.PLACES, *surroundings.OURS, "KERAS_HOME"}
    assert encodings == ["utf-8", "utf-8"]
    assert leaves


def test_what_is_not_listed_belongs_to_the_identity():
    """Whatever variable a process has in spite of all, its trainings are others; where files lie makes none of them."""
    assert surroundings.determining(
        {"XLA_FLAGS": "x", "HOME": "/a", "GRADE_FD": "3", "TF_NUM_INTRAOP_THREADS": "1"}
    ) == {
        "XLA_FLAGS": "x",
        "TF_NUM_INTRAOP_THREADS": "1",
    }


def graded(tmp_path, names):
    """The figures of a training: of each epoch, and measured."""
    place, cache = tmp_path / "place", tmp_path / "cache"
    place.mkdir(parents=True)
    (tmp_path / "mine.py").write_text(TRAINING)
    environment = {**PLAIN, **lay(place, names, VERSION), "GRADE_CACHE": str(cache), "GRADE_COURSE": str(ROOT)}
    command = [sys.executable, "-c", f"import sys; sys.path.append({str(ROOT)!r}); from grader.cli import main; main()"]
    words = ["exercise1", str(tmp_path / "mine.py"), "--json", "-", "--device", "cpu"]
    done = subprocess.run([*command, *words], env=environment, cwd=place, capture_output=True, text=True, check=False)
    verdict = json.loads(done.stdout)
    assert verdict["end"] == "completed", done.stderr
    return (
        [training["epochs"] for training in verdict["training"]],
        verdict["measured"],
        verdict["training"][0]["replayed"],
    )


@pytest.mark.train
def test_figures_are_the_same_bit_for_bit(tmp_path):
    """All strange surroundings at once, against none."""
    all_at_once = [name for name in STRANGE if name not in {"usercustomize", "PYTHONHASHSEED", "PYTHONWARNINGS"}]

    figures, measured, replayed = graded(tmp_path / "plain", [])

    assert len(figures[0]) == 2
    assert not replayed
    assert graded(tmp_path / "strange", all_at_once) == (figures, measured, False)
