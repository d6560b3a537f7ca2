"""Warm processes for many submissions: quick, and as separate as cold ones."""

import os
import signal
import time

import psutil
import pytest
from roles import role

from grader.checks import loading
from grader.courses.course import Course
from grader.engines import confine
from grader.engines.pair import PairRequest, start_pair
from grader.engines.pool import ProcessPool
from grader.engines.shared_interpreter import share_interpreter
from grader.engines.trainer import can_copy_trainer
from grader.grading import GradingOptions, grade

pytestmark = pytest.mark.train

SPEC = """
schema: grade-exercise/1
id: small
title: Small
function: train
dataset: mnist
limits: {student: 20s, cpu: 1min, memory: 4GB}
checks: [{id: epochs, check: training.epochs, args: {below: 99}, points: 1}]
"""
TRAINS = """
import os, keras, numpy as np
MORE
def train():
    (x, y), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation='softmax')])
    model.compile('sgd', 'sparse_categorical_crossentropy', metrics=['accuracy'])
    history = model.fit(x[:1000] / 255, y[:1000], epochs=2, verbose=0)
    return WHAT
"""


@pytest.fixture
def graded(tmp_path):
    """Grades a text; gives the verdict."""
    folder = tmp_path / "exercises" / "small"
    folder.mkdir(parents=True)
    (tmp_path / "quizzes").mkdir()
    (folder / "exercise.yaml").write_text(SPEC)
    course = Course(root=tmp_path)
    exercise = loading.load_exercise(course, "small")

    def run(start, *, more="", what="history.history", **options):
        path = tmp_path / "mine.py"
        path.write_text(TRAINS.replace("MORE", more).replace("WHAT", what))
        return grade(course, exercise, path, GradingOptions(start=start, **options))

    return run


@pytest.fixture
def others():
    """What runs before the test's own pool: one that other tests keep warm."""
    return below()


@pytest.fixture
def warm(others):
    made = ProcessPool(1, rest_s=60.0)
    yield made
    made.close()


def below():
    return {p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE}


def test_a_warm_verdict_is_a_cold_one(warm, graded):
    """The same figures from the same file, in whatever order submissions come."""
    cold = grade_cold(graded)
    first = graded(warm.start_pair, fresh=True)
    graded(warm.start_pair, what="1", fresh=True, seed=9)
    second = graded(warm.start_pair, fresh=True)

    assert cold.training[0].epochs == first.training[0].epochs == second.training[0].epochs
    assert cold.returned == first.returned == second.returned


def grade_cold(graded):
    """With an interpreter for each process; only `start_pair` itself stands for copies of one."""
    return graded(lambda request: start_pair(request), fresh=True)


def test_copies_of_one_interpreter_train_as_two_do(graded, others):
    """A training has the same identity, so what one stored the other replays; nothing is left behind."""
    cold = grade_cold(graded)
    replayed = graded(start_pair)
    anew = graded(start_pair, fresh=True)

    assert replayed.training[0].replayed
    assert not anew.training[0].replayed
    assert cold.training[0].epochs == replayed.training[0].epochs == anew.training[0].epochs
    assert cold.returned == replayed.returned == anew.returned
    assert below() <= others


def test_both_processes_come_from_one_interpreter(others):
    """And end with the block, even where nobody ended them."""
    with share_interpreter() as start:
        pair = start(PairRequest(policy=confine.SandboxPolicy(memory=1_000_000_000, output=1000)))
        trainer, keeper = (psutil.Process(part.process.pid) for part in (pair.trainer, pair.student))

        assert trainer.ppid() == keeper.ppid() != os.getpid()
        pair.kill()
    assert below() <= others


def test_a_trainer_serves_one_after_another_and_student_processes_are_used_once(warm, graded, others):
    """The trainer is the same process; what one submission does to its own is unknown to the next."""
    more = "keras.left_behind = getattr(keras, 'left_behind', 0) + 1; open('left', 'a').write('x')"
    what = "[keras.left_behind, len(open('left').read()), os.getuid(), float(np.random.random())]"
    first = graded(warm.start_pair, more=more, what=what)
    trainers = running("trainer", others)
    second = graded(warm.start_pair, more=more, what=what)

    assert first.returned[:2] == second.returned[:2] == [1, 1]
    assert os.getuid() != 0 or first.returned[2] != second.returned[2]
    assert running("trainer", others) == trainers
    assert len(trainers) == 1


def running(name, others):
    return {process for process in below() - others if role(process) == name}


@pytest.mark.skipif(not can_copy_trainer("auto", "auto"), reason="trainers import for themselves here")
def test_what_a_trainer_shares_is_not_counted_as_taken(warm, graded, others):
    """It is a copy: what came with the import of TensorFlow is there once for all of them."""
    graded(warm.start_pair, fresh=True)
    (trainer,) = running("trainer", others)
    (waits,) = warm._idle

    assert waits.is_rested(60.0, warm.room)
    assert 10_000_000 < waits.took < trainer.memory_info().rss - 200_000_000
    assert trainer.memory_full_info().uss < 300_000_000


BAD = {"os._exit(3)": "crashed", "any(iter(int, 1))": "timed_out", "len([0] * 6 * 10**8)": "out_of_memory"}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_submission_does_no_harm_to_the_next(warm, graded, what):
    """One that ends its process, hangs or takes all memory ends as it would alone."""
    bad, good = graded(warm.start_pair, what=what), graded(warm.start_pair)

    assert (bad.end, good.status) == (BAD[what], "passed")


@pytest.mark.parametrize("names", [["trainer"], ["nursery of trainers", "trainer"], ["nursery of students"]], ids=" and ".join)
def test_what_is_killed_is_replaced(warm, graded, others, names):
    """A trainer or nursery that ends between two submissions is started anew, once it is needed."""
    graded(warm.start_pair)
    killed = [process for name in names for process in running(name, others)]
    for process in killed:
        process.send_signal(signal.SIGKILL)

    assert len(killed) == len(names)
    assert graded(warm.start_pair).status == "passed"
    now = [process for name in names for process in running(name, others)]
    assert len(now) == len(names)
    assert not set(killed) & set(now)


class Counted:
    """A socket that counts what is sent."""

    def __init__(self, sock):
        self.sock, self.sent = sock, 0

    def send(self, data):
        count = self.sock.send(data)
        self.sent += count
        return count

    def __getattr__(self, name):
        return getattr(self.sock, name)


WHOLE = "model.fit(x[:9000] / 255, y[:9000], epochs=1, verbose=0).history"
LIES = """
from msgspec import structs
import grader.student.feed as feed
def leave_out(cargo, held):
    alike = [one for one in held if one.shape == cargo.specs[0].shape]
    if alike:
        cargo.specs[0] = structs.replace(cargo.specs[0], digest=DIGEST)
feed.Cargo.skip_held = leave_out
"""
INVENTS = LIES.replace("DIGEST", "'0' * 64")
LIES = LIES.replace("DIGEST", "alike[0].digest")


def test_what_the_trainer_has_from_another_submission_is_not_sent_again(warm, graded):
    """With the same figures; who only says to have it is trained on it, and who names something else is thrown out."""
    lines = []

    def start(request):
        pair = warm.start_pair(request)
        pair.trainer.sock = Counted(pair.trainer.sock)
        lines.append(pair.trainer.sock)
        return pair

    first = graded(start, what=WHOLE, fresh=True)
    second = graded(start, what=WHOLE, fresh=True)
    liar = graded(start, what=WHOLE.replace("/ 255", "* 0."), more=LIES, fresh=True)
    other = graded(start, what=WHOLE, more=INVENTS, fresh=True)

    assert [line.sent > 9000 * 784 * 4 for line in lines] == [True, False, False, False]
    assert first.training[0].epochs == second.training[0].epochs == liar.training[0].epochs
    assert first.returned == second.returned == liar.returned
    assert (other.end, other.end_message) == ("forbidden", "your code interfered with the grader's connection")


@pytest.mark.skipif(not can_copy_trainer("auto", "auto"), reason="trainers import for themselves here")
@pytest.mark.parametrize("shape", ["", ".reshape(-1, 28, 28, 1)"])
def test_the_usual_images_are_never_sent(warm, graded, shape):
    """Every trainer of a pool holds them from its beginning; the figures are those of one that was sent them."""
    network = "keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, activation='softmax')])"
    rest = "m.compile('sgd', 'sparse_categorical_crossentropy', metrics=['accuracy'])"
    what = f"[m := {network}, {rest}, m.fit(x{shape} / 255, y, epochs=1, verbose=0).history][2]"
    sent = []

    def start(request):
        pair = warm.start_pair(request)
        pair.trainer.sock = Counted(pair.trainer.sock)
        sent.append(pair.trainer.sock)
        return pair

    named, cold = graded(start, what=what, fresh=True), graded(GradingOptions().start, what=what, fresh=True)

    assert sent[0].sent < 10_000_000
    assert named.training[0].epochs == cold.training[0].epochs
    assert named.returned == cold.returned


def test_an_abandoned_training_does_not_disturb_the_next(warm, graded):
    """A submission that ends in mid-training leaves a trainer that is at rest again, or a new one."""
    callback = "[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: os._exit(5))]"
    fit = f"model.fit(x[:1000], y[:1000], epochs=200, verbose=0, callbacks={callback})"

    bad, good = graded(warm.start_pair, what=fit), graded(warm.start_pair)

    assert (bad.end, bad.end_message) == ("crashed", "your code ended the process (exit code 5) before it returned")
    assert good.status == "passed"


def test_nothing_is_left_running(graded):
    """After the pool is closed none of its processes is there."""
    before = below()
    made = ProcessPool(2)
    graded(made.start_pair)
    made.close()
    made.close()
    end = time.monotonic() + 60
    while below() - before and time.monotonic() < end:
        time.sleep(0.05)

    assert below() - before == set()
