"""Copies of an interpreter, and the interpreter that is copied, with a small program instead of TensorFlow."""

import json
import os
import resource
import signal
import subprocess
import threading
import time

import psutil
import pytest

from grader.engines import copies, surroundings, trainer
from grader.engines.copies import Nursery
from grader.engines.trainer import TrainerProcess, TrainerSpec, can_copy_trainer
from grader.errors import GraderError

pytestmark = pytest.mark.train

PROGRAM = """
import json, os, sys, time
print("a harmless word", file=sys.stderr)
from grader.engines import forking
def become(message, handed):
    os.dup2(handed[0], 1)
    os.dup2(handed[0], 2)
    exec(json.loads(message))
sys.prepared = []
forking.serve_copies(become, 1, lambda message: sys.prepared.append((os.getpid(), len(message))))
"""


@pytest.fixture
def started():
    """The interpreters that were started, however often."""
    return []


@pytest.fixture
def nursery(tmp_path, monkeypatch, started):
    made = nursery_of(tmp_path, PROGRAM)
    really = subprocess.Popen

    def popen(*words, **more):
        started.append(really(*words, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    yield made
    made.close()


def nursery_of(folder, text):
    (folder / "little.py").write_text(text)
    path = os.pathsep.join([str(folder), *surroundings.import_path()])
    return Nursery("little", {**os.environ, "PYTHONPATH": path}, "little process")


def said(nursery, code):
    """What a copy that runs so much Python says until it ends."""
    reading, writing = os.pipe()
    copy = nursery.copy_process(json.dumps(code).encode(), [writing])
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    assert copy.wait(10) == 0
    return text


def test_each_copy_is_a_process_of_its_own(nursery, started):
    """What one leaves behind, another doesn't find; all come from one interpreter, each in a session of its own."""
    code = "print(getattr(sys, 'left', 'nothing'), os.getppid(), os.getsid(0) == os.getpid()); sys.left = 'much'"

    assert said(nursery, code) == said(nursery, code) == f"nothing {started[0].pid} True\n"
    assert len(started) == 1


def test_the_interpreter_prepares_for_each_copy(nursery, started):
    """Before it makes the copy, which finds what was prepared for others, too."""
    code = "print(sys.prepared)"
    prepared = (started_of(nursery, started), len(json.dumps(code)))

    assert said(nursery, code) == f"{[prepared]}\n"
    assert said(nursery, code) == f"{[prepared, prepared]}\n"


def started_of(nursery, started):
    nursery.start_interpreter()
    return started[0].pid


def test_a_copy_can_be_looked_at_and_ended(nursery):
    """Its id is told; waiting has an end, and what has ended may be ended again."""
    copy = nursery.copy_process(json.dumps("time.sleep(100)").encode(), [2])

    assert psutil.Process(copy.pid).is_running()
    assert copy.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        copy.wait(0.01)
    copy.kill()
    assert copy.wait(10) == copy.poll() == 0
    copy.kill()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("import atexit; atexit.register(print, 'at its end')", "at its end"),
    ],
)
def test_a_copy_ends_as_a_program_does(nursery, code, words):
    """With a traceback, and with what was to be done at the end, which the interpreter itself doesn't do."""
    assert said(nursery, code).strip().endswith(words)
    assert said(nursery, "print(1)") == "1\n"


def test_an_interpreter_that_was_killed_is_started_again(nursery, started):
    """Its copies live on, and the next one comes from a new interpreter."""
    before = nursery.copy_process(json.dumps("time.sleep(100)").encode(), [2])
    started[0].send_signal(signal.SIGKILL)

    assert said(nursery, "print(os.getppid())") == f"{started[1].pid}\n"
    assert before.poll() is None
    before.kill()


def test_one_that_answers_too_late_makes_no_copy_any_more(nursery, started, monkeypatch, tmp_path):
    """The next interpreter does; of two copies on one line nobody could end both."""
    code = f"open({str(tmp_path / 'made')!r}, 'a').write('x')"
    said(nursery, "1")
    started[0].send_signal(signal.SIGSTOP)
    threading.Timer(2.0, started[0].send_signal, [signal.SIGCONT]).start()
    monkeypatch.setattr(copies, "MAX_ANSWER_S", 1.0)
    monkeypatch.setattr(copies, "MAX_END_S", 5.0)

    said(nursery, code)
    time.sleep(2.0)

    assert len(started) == 2
    assert (tmp_path / "made").read_text() == "x"


def test_an_interpreter_that_cannot_start_is_told_with_its_last_words(tmp_path):
    """Once: a second one would say the same."""
    nursery = nursery_of(tmp_path, f"open({str(tmp_path / 'begun')!r}, 'a').write('x')\nimport nothing_like_this")

    with pytest.raises(GraderError, match="no little process can be started: ModuleNotFoundError: No module named"):
        nursery.copy_process(b"1", [2])
    assert (tmp_path / "begun").read_text() == "x"
    nursery.close()


def test_an_interpreter_that_cannot_fork_is_told_too(tmp_path):
    """After a second try, with what the system said."""
    nursery = nursery_of(tmp_path, "import os\ndef no(): raise OSError(11, 'not now')\nos.fork = no\n" + PROGRAM)

    with pytest.raises(GraderError, match="no little process can be started: BlockingIOError: .* not now"):
        nursery.copy_process(b"1", [2])
    nursery.close()


def test_what_is_too_large_to_be_told_is_said(nursery):
    """And not the last thing that the interpreter happened to say."""
    with pytest.raises(GraderError, match="no little process can be started: .*Message too long"):
        nursery.copy_process(b"x" * 10_000_000, [2])


def test_a_closed_nursery_leaves_no_interpreter_and_starts_none(nursery, started):
    """What it made goes on until it is ended."""
    copy = nursery.copy_process(json.dumps("time.sleep(100)").encode(), [2])
    nursery.close()
    nursery.close()

    assert [one.poll() for one in started] == [0]
    assert copy.poll() is None
    copy.kill()
    for use in (nursery.start_interpreter, lambda: nursery.copy_process(b"1", [2])):
        with pytest.raises(GraderError, match="the batch was ended"):
            use()
    assert len(started) == 1


def test_begun_twice_is_begun_once(nursery, started):
    nursery.start_interpreter()
    nursery.start_interpreter()

    assert len(started) == 1


def test_the_time_of_copies_is_known_once_their_interpreter_has_ended(nursery):
    """As that of processes that this one waited for, so that a benchmark counts it."""

    def spent():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    said(nursery, "print('imported')")
    before = spent()
    said(nursery, "while time.process_time() < 1.0: pass")
    nursery.close()

    assert spent() - before > 0.8


def test_several_threads_get_each_its_own(nursery, started):
    """At once, from the first use on."""
    heard = []
    threads = [threading.Thread(target=lambda: heard.append(said(nursery, "print(os.getpid())"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(heard)) == 8
    assert len(started) == 1


class Told:
    """A nursery that only listens, and whose copies write a last word."""

    def __init__(self, environment):
        self.environment = environment

    def copy_process(self, message, descriptors):
        self.changes = json.loads(message)
        os.write(descriptors[1], b"one line\nthe last\n")
        return self

    def kill(self):
        self.ended = True

    def wait(self, timeout):
        return 0


def test_a_trainer_that_is_a_copy_has_the_environment_and_the_errors_of_one_that_is_not(monkeypatch):
    """So that what it computes with and where it writes doesn't depend on where it comes from."""
    monkeypatch.setenv("LARGE", "x" * 100_000)
    there = trainer.build_trainer_environment("cpu", "tensorflow")
    told = Told({**there, "GONE": "since", "TF_CPP_MIN_LOG_LEVEL": "0"})
    made = TrainerProcess(TrainerSpec(device="cpu", one_thread=True, stored=False), pooled=True, rehearsed=True, nursery=told)

    assert told.changes == {
        "GONE": None, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_NUM_INTRAOP_THREADS": "1", "GRADE_TRAJECTORIES": "off",
        "GRADE_POOL": "1", "GRADE_REHEARSAL": "mnist",
    }  # fmt: skip
    assert there["CUDA_VISIBLE_DEVICES"] == "-1"
    assert made.read_last_words() == "the last"
    made.kill()
    assert told.ended
    assert made.read_last_words() == ""


def test_where_there_can_be_no_copy_nothing_stays_open(nursery):
    """Neither a socket nor a file."""
    nursery.close()
    before = psutil.Process().num_fds()

    with pytest.raises(GraderError, match="the batch was ended"):
        TrainerProcess(TrainerSpec(device="cpu"), pooled=True, nursery=nursery)
    assert psutil.Process().num_fds() <= before


@pytest.mark.parametrize(
    ("device", "backend", "card", "may"),
    [
        ("cpu", "auto", True, True),
        ("cpu", "tensorflow", False, True),
        ("auto", "auto", False, True),
        ("auto", "auto", True, False),
        ("gpu", "auto", True, False),
        ("cpu", "jax", False, False),
    ],
)
def test_trainers_are_copies_only_on_a_cpu_and_with_tensorflow(monkeypatch, tmp_path, device, backend, card, may):
    """A driver or JAX may have started what a copy lacks."""
    monkeypatch.setattr(trainer, "GPU_DEVICES", (str(tmp_path if card else tmp_path / "none"),))
    monkeypatch.setattr(trainer, "pick_library", lambda backend: "jax" if backend == "jax" else "tensorflow")

    assert can_copy_trainer(device, backend) is may
