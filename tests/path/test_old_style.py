"""A file in TensorFlow 1 spelling, as most public ones for this course are, is understood, graded and annotated."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.checks import loading
from grader.courses.course import Course
from grader.grading import grade

pytestmark = pytest.mark.train

REPOSITORY = Path(__file__).resolve().parents[2]
OLD = """
import tensorflow as tf
from os import path, getcwd
path = f"{getcwd()}/../tmp2/fashion.npz"
config = tf.ConfigProto()
config.gpu_options.allow_growth = True
sess = tf.Session(config=config)

class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs={}):
        if(logs.get('acc')>0.6):
            print("\\nReached 60% accuracy so cancelling training!")
            self.model.stop_training = True

# GRADED FUNCTION: train_fashion
def train_fashion():
    fashion = tf.keras.datasets.fashion_mnist
    (x_train, y_train),(x_test, y_test) = fashion.load_data(path=path)
    x_train, x_test = x_train / 255.0, x_test / 255.0
    model = tf.keras.models.Sequential([
        tf.keras.layers.Flatten(input_shape=(28, 28)),
        tf.keras.layers.Dense(64, activation=tf.nn.relu),
        tf.keras.layers.Dense(10, activation=tf.nn.softmax)
    ])
    model.compile(optimizer=tf.train.AdamOptimizer(), loss='sparse_categorical_crossentropy', metrics=['accuracy'])
    history = model.fit(x_train, y_train, epochs=10, callbacks=[Stop()])
    print(model.evaluate(x_test, y_test))
    return history.epoch, history.history['acc'][-1]

epochs, acc = train_fashion()
import matplotlib_that_is_not_there
"""


def test_an_old_file_passes_with_a_note_for_each_old_name(tmp_path):
    """It earns what it declares; each TF 1 name is one note with its line."""
    course = Course(root=REPOSITORY)
    path = tmp_path / "old.py"
    path.write_text(OLD)

    verdict = grade(course, loading.load_exercise(course, "exercise2"), path)
    notes = {note.line: note.message for note in verdict.notes}

    assert (verdict.status, verdict.score, len(verdict.training[0].epochs)) == ("passed", 100.0, 1)
    assert {5, 7, 11, 18, 25, 28} <= notes.keys()
    assert "logs.get('accuracy')" in notes[11]
    assert "Reached 60% accuracy" in verdict.stdout


def test_ctrl_c_ends_with_130_and_leaves_nothing_running(tmp_path):
    """From outside: an interrupt ends all processes, with one message, before the file's code has come to its end."""
    path = tmp_path / "slow.py"
    path.write_text(OLD.replace("    history = model.fit", "    import time; time.sleep(50)\n    history = model.fit"))
    command = [sys.executable, "-c", "import sys; from grader.cli import main; main()", "exercise2", str(path)]
    environment = {**os.environ, "GRADE_COURSE": str(REPOSITORY)}

    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in out + err
