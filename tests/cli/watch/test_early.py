"""Processes that were started before there was a file do what others do."""

import numpy as np
import pytest
from msgspec import structs

from grader import static, submission
from grader.checks import loading
from grader.courses import course as courses
from grader.data import load_dataset
from grader.engines import pair
from grader.engines.trainer import TrainerProcess, TrainerSpec
from grader.grading import GradingOptions
from grader.grading.attempt import TrainingAttempt
from grader.protocol.channel import Channel
from grader.protocol.wire import TrainerMessage

pytestmark = pytest.mark.train

FILE = """
import os, random
import numpy as np
import tensorflow as tf

def train_mnist():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = tf.keras.Sequential([
        tf.keras.layers.Input((28, 28)), tf.keras.layers.Flatten(), tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dropout(0.1), tf.keras.layers.Dense(10, activation="softmax")])
    tf.keras.utils.set_random_seed(3)
    drawn = [random.random(), np.random.rand(), float(tf.random.uniform(()))]
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[:3000] / 255.0, y[:3000], epochs=2)
    return [history.history, [layer.name for layer in model.layers], drawn, sorted(os.environ)]
"""


@pytest.fixture
def run_in(tmp_path):
    """What one attempt sees in processes that were started in some way."""
    path = tmp_path / "exercise1.py"
    path.write_text(FILE)
    exercise, source = loading.load_exercise(courses.find_course(), "exercise1"), submission.read_submission(path)
    exercise = structs.replace(exercise, checks=[])
    plan = static.inspect_submission(source, exercise.function).plan

    def run(start):
        found = TrainingAttempt(
            exercise, plan, source.name, 7, GradingOptions(start=start, fresh=True, device="cpu")
        ).run()
        return found.end, found.returned, found.architecture, found.training.epochs, found.data, found.measured

    return run


def test_an_early_start_changes_no_digit_and_no_name(run_in):
    """Neither in the trainer, which has looked at another order, nor in what the student's file sees."""
    early, late = run_in(pair.start_early_pair), run_in(pair.start_pair)

    assert late[0].kind == "completed"
    assert early == late


def test_the_usual_images_need_not_be_sent():
    """A trainer that was started early holds all of them, from 0 to 1; one that wasn't holds nothing."""
    from grader.trainer.match.digests import compute_array_digest

    held = []
    for rehearsed in (True, False):
        process = TrainerProcess(TrainerSpec(device="cpu", dataset="fashion_mnist"), rehearsed=rehearsed)
        try:
            held.append(Channel(process.sock, TrainerMessage).receive().held)
        finally:
            process.kill()

    usual = (load_dataset("fashion_mnist").x_train / 255.0).astype(np.float32)
    assert [[spec.digest for spec in each] for each in held] == [[compute_array_digest(usual)], []]
