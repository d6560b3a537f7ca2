"""Processes that were started before there was a file do what others do."""

import pytest
from msgspec import structs

from grader import course as courses
from grader import exercise as exercises
from grader import static, submission
from grader.channel import Channel
from grader.engines import confine, cushion, pair
from grader.grading import Options
from grader.grading.attempt import Attempt
from grader.wire import Load, Ready, StudentMessage

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
    exercise, source = exercises.load(courses.find(), "exercise1"), submission.read(path)
    exercise = structs.replace(exercise, checks=[])
    plan = static.inspect(source, exercise.function).plan

    def run(start):
        found = Attempt(exercise, plan, source.name, 7, Options(start=start, fresh=True, device="cpu")).run()
        return found.end, found.returned, found.architecture, found.training.epochs, found.data, found.measured

    return run


def test_an_early_start_changes_no_digit_and_no_name(run_in):
    """Neither in the trainer, which has looked at another order, nor in what the student's file sees."""
    early, late = run_in(pair.start_early), run_in(pair.start)

    assert late[0].kind == "completed"
    assert early == late


def memory_of(held):
    """The most memory that a student's process has taken before its file, and what it takes when that begins."""
    source = "import os\ndef resident():\n    return int(open('/proc/self/statm').read().split()[1]) * os.sysconf('SC_PAGE_SIZE')\n"
    policy = confine.Policy(memory=4_000_000_000, output=10_000)
    process = confine.start("grader.student", {}, policy, {cushion.NAME: str(held)} if held else {})
    try:
        channel = Channel(process.sock, StudentMessage, patience_s=60)
        assert isinstance(channel.receive(), Ready)
        before = process.peak_memory
        channel.send(Load(source=source, filename="a.py", function="resident"))
        return before, channel.receive().value
    finally:
        process.kill()


def test_memory_is_held_until_the_file_comes():
    """And no longer, so that the file has all of it."""
    (before, then), (before_usual, then_usual) = memory_of(cushion.BYTES), memory_of(0)

    assert 0.9 * cushion.BYTES < before - before_usual < 1.3 * cushion.BYTES
    assert abs(then - then_usual) < 0.2 * cushion.BYTES
