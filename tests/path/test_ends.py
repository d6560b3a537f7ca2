"""How a run may end: each way is a value with a clear message, and nothing stays behind."""

import os
import signal
import threading
import time

import psutil
import pytest
from roles import role

from grader.grading import GradingOptions
from grader.grading.options import RunProgress

pytestmark = pytest.mark.train

HEAD = """
import tensorflow as tf

def data(count=2000):
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    return x[:count] / 255.0, y[:count]

def model(units=16):
    made = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(units, activation="relu"),
                                tf.keras.layers.Dense(10, activation="softmax")])
    made.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return made
"""


def body(*lines):
    return HEAD + "\ndef train():\n" + "".join(f"    {line}\n" for line in lines)


def children():
    return {p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE}


def of_the_pool():
    """What a pool keeps: trainers that wait, and the two processes that are copied, but no student's process."""
    return {p for p in children() if role(p) and ("grader.trainer" not in p.cmdline() or p.environ().get("GRADE_POOL"))}


@pytest.fixture(autouse=True)
def nothing_stays_behind():
    before = children()  # such as a pool that other tests keep warm
    yield
    assert children() <= before | of_the_pool()


CASES = {
    "an exception": (
        body("x, y = data()", "return x[99999999]"), "crashed", ["IndexError", "line 16", "return x[99999999]"]),
    "while loading": ("import tensorflow as tf\nraise RuntimeError('no')\ndef train():\n    return 1\nx = train\n",
                      "completed", []),
    "sys.exit": (body("import sys", "sys.exit(5)"), "crashed", ["sys.exit(5)"]),
    "os._exit": (body("import os", "os._exit(5)"), "crashed", ["ended the process (exit code 5)"]),
    "a signal": (body("import os", "os.kill(os.getpid(), 11)"), "crashed", ["signal 11"]),
    "a kill of the whole group": (body("import os, signal", "os.killpg(0, signal.SIGKILL)"), "crashed", ["signal 9"]),
    "never compiled": (
        body("x, y = data()", "return tf.keras.Sequential([tf.keras.layers.Flatten()]).fit(x, y)"),
        "crashed", ["compile()"]),
    "never fitted": (body("return [0], 0.999"), "completed", []),
    "a bad shape": (
        body("x, y = data()", "return model().fit(x, y[:100])"), "crashed", ["ValueError", "same"]),
    "labels beyond the classes": (
        body("x, y = data()", "return model().fit(x, y.astype('int32') + 5)"), "crashed", ["label"]),
    "a callback that raises": (
        body("x, y = data()", "c = tf.keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: 1 / 0)",
             "return model().fit(x, y, callbacks=[c])"), "crashed", ["ZeroDivisionError"]),
    "a class for a callback": (
        body("x, y = data()", "return model().fit(x, y, callbacks=[tf.keras.callbacks.EarlyStopping])"),
        "crashed", ["make an object of it: callbacks=[EarlyStopping()]"]),
    "a model of its own class": (
        body("class M(tf.keras.Model):", "    def call(self, x): return x", "m = M()", "m.compile('adam', 'mse')",
             "x, y = data()", "return m.fit(x, y)"), "forbidden", ["class M", "keras.Sequential"]),
    "a loss of its own": (
        body("m = model()", "m.compile('adam', loss=lambda a, b: b)", "x, y = data()", "return m.fit(x, y)"),
        "forbidden", ["loss", "keras.losses"]),
    "a learning rate of its own": (
        body("S = tf.keras.optimizers.schedules.LearningRateSchedule",
             "R = type('Warm', (S,), {'__call__': lambda self, step: 0.001})", "m = model()",
             "m.compile(tf.keras.optimizers.Adam(R()), 'mse')", "x, y = data()", "return m.fit(x, y)"),
        "forbidden", ["own class Warm", "schedules", "LearningRateScheduler"]),
    "a hand-written loop": (
        body("x, y = data()", "return model().train_on_batch(x[:9], y[:9])"), "forbidden", ["train_on_batch", "model.fit"]),
    "speaking out of turn": (
        body("import os, socket", "socket.socket(fileno=int(os.environ['GRADE_FD'])).send(b'x' * 100)",
             "import time; time.sleep(5)"), "forbidden", ["interfered"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_end_is_told_clearly(soon_graded, name):
    """The verdict says how the run ended, with the student's lines and none of ours."""
    text, end, words = CASES[name]

    verdict = soon_graded(text)

    assert verdict.end == end, verdict.end_message
    assert [word for word in words if word not in verdict.end_message] == []
    assert "grader/" not in verdict.end_message
    assert verdict.status == "failed"


@pytest.mark.parametrize("text", ["while True: print('x' * 1000)", "import os\n    while True: os.write(2, b'x' * 70_000)"])
def test_an_endless_print_meets_the_clock(graded, text):
    """Printing ends nothing; the time that it takes does, and what was printed first is kept."""
    verdict = graded(body(text), student="2s")

    assert (verdict.end, verdict.status, len(verdict.stdout)) == ("timed_out", "failed", 20_000)


def test_printing_much_is_no_offence(soon_graded):
    """The rest is left out with a note, and the run goes on to its end."""
    verdict = soon_graded(body("x, y = data()", "print('x' * 5_000_000)", "h = model().fit(x, y)", "return h.epoch"))

    assert (verdict.end, verdict.status, verdict.returned, len(verdict.stdout)) == ("completed", "passed", [0], 20_000)
    assert [note.message for note in verdict.notes if "20,000 bytes" in note.message] == [
        "your code printed more than 20,000 bytes; the rest is cut off (no points lost)"
    ]


def test_an_infinite_loop_ends_at_the_limit_of_student_code(graded):
    """Student code is timed apart from training, from the end of the imports."""
    began = time.monotonic()

    verdict = graded(body("while True: pass"), student="2s")

    assert (verdict.end, verdict.status) == ("timed_out", "failed")
    assert "longer than 2 s (training not counted)" in verdict.end_message
    assert time.monotonic() - began < 20


def test_at_the_limit_of_training_the_epochs_so_far_count(graded):
    """What was trained until the limit is judged, and the report says what was left."""
    checks = "[{id: epochs, check: training.epochs, args: {below: 999}, points: 1}, " \
             "{id: reaches, check: training.reaches, args: {metric: accuracy, above: 0.3}, points: 1}]"  # fmt: skip
    text = body("x, y = data(20000)", "h = model(64).fit(x, y, epochs=500)", "return h.epoch")

    verdict = graded(text, checks=checks, options=GradingOptions(time_limit_s=4.0, fresh=True))

    assert verdict.end == "timed_out"
    assert "of 500 epochs; the epochs until then count" in verdict.end_message
    assert verdict.training[0].stopped_by == "limit"
    assert 1 <= len(verdict.training[0].epochs) < 500
    assert {check.id: check.status for check in verdict.checks} == {"epochs": "skipped", "reaches": "passed"}
    assert verdict.returned == [epoch["epoch"] for epoch in verdict.training[0].epochs]


def test_a_trainer_that_is_killed_costs_the_student_nothing(graded):
    """When our own process dies in mid-run, the verdict is an error of ours."""

    before = children()

    def kill_trainer(moment: RunProgress):
        if moment.stage == "training":
            for process in children() - before:
                if role(process) == "trainer":
                    process.kill()

    text = body("x, y = data(60000)", "return model().fit(x, y, epochs=50)")

    verdict = graded(text, options=GradingOptions(progress=kill_trainer, fresh=True))

    assert (verdict.status, verdict.score) == ("error", 0.0)
    assert verdict.end_message
    assert {check.status for check in verdict.checks} == {"error"}


def test_ctrl_c_leaves_nothing_running(graded):
    """An interrupt ends both processes and goes on up."""

    def interrupt_soon(moment: RunProgress):
        if moment.stage == "training" and moment.epoch:
            os.kill(os.getpid(), signal.SIGINT)

    text = body("x, y = data(20000)", "return model().fit(x, y, epochs=500)")
    threads = threading.active_count()

    with pytest.raises(KeyboardInterrupt):
        graded(text, options=GradingOptions(progress=interrupt_soon, fresh=True))
    assert threading.active_count() == threads


def test_gpu_without_one_is_a_clear_error(graded):
    """`--device gpu` on a machine without a GPU says so and costs nothing."""
    verdict = graded(body("return 1"), options=GradingOptions(device="gpu"))

    assert verdict.status == "error"
    assert "--device gpu: the trainer finds no GPU on this machine" in verdict.end_message


def test_the_same_seed_gives_the_same_curve_and_another_seed_another(graded, warm):
    """A grade doesn't depend on when it is given, nor on whether the processes were warm."""
    text = body("x, y = data()", "return model().fit(x, y, epochs=2).epoch")

    first, again, other = (
        graded(text, options=options)
        for options in (GradingOptions(fresh=True), GradingOptions(start=warm, fresh=True), GradingOptions(start=warm, fresh=True, seed=8))
    )

    assert again.training[0].epochs == first.training[0].epochs
    assert other.training[0].epochs != first.training[0].epochs


def test_a_near_miss_is_tried_again_with_further_seeds(soon_graded):
    """Each round is in the verdict, with its seed."""
    checks = "[{id: reaches, check: training.reaches, args: {metric: accuracy, above: 0.8}, points: 1}]"
    text = body("x, y = data(2000)", "return model(16).fit(x, y, epochs=4).epoch")

    verdict = soon_graded(text, checks=checks, attempts=2)

    rounds = [record.seed for record in verdict.training]
    best = max(epoch["accuracy"] for epoch in verdict.training[0].epochs)
    assert rounds == ([7, 8] if 0.7 <= best <= 0.8 else [7])


def test_a_script_is_graded_on_what_it_trains(soon_graded):
    """A file without the graded function, whose top level trains, is graded on that training."""
    text = HEAD + "\nx, y = data()\nmodel().fit(x, y, epochs=2)\nplot(history)\n"

    verdict = soon_graded(text)

    assert verdict.status == "failed" or verdict.training
    assert [len(record.epochs) for record in verdict.training] == [2]
