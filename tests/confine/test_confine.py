"""The student process: what it gets, what it may use, and how it ends."""

import os
import socket
import time

import psutil
import pytest

from grader.engines import confine
from grader.errors import UsageError


@pytest.fixture
def confined():
    started = []

    def run(program, *, memory=1_000_000_000, output=10_000, files=None):
        policy = confine.Policy(memory=memory, output=output)
        process = confine.start("program", {"program.py": program.encode(), **(files or {})}, policy, {"PYTHONPATH": "."})
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()


def wait_for(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def finished(process):
    wait_for(lambda: process.wait_code(0.01) is not None)
    return process.wait_code(0), process.output()


def test_it_runs_in_a_scratch_folder_with_its_files_and_nothing_on_stdin(confined):
    """The process finds its files in its working folder, and no input."""
    program = "import os, sys; print(sorted(os.listdir()), repr(sys.stdin.read()), os.getcwd() == os.environ['HOME'])"

    code, output = finished(confined(program, files={"my.py": b""}))

    assert (code, output) == (0, "['my.py', 'program.py'] '' True\n")


def test_nothing_of_the_callers_environment_comes_along(confined, monkeypatch):
    """A secret in the grader's environment isn't in the student's."""
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")

    _, output = finished(confined("import os; print('SECRET_TOKEN' in os.environ, os.environ['CUDA_VISIBLE_DEVICES'])"))

    assert output == "False -1\n"


def test_it_talks_over_its_descriptor(confined):
    """Its end of the socket pair is the descriptor that the environment names."""
    process = confined("import os, socket; socket.socket(fileno=int(os.environ['GRADE_FD'])).send(b'hello')")

    assert process.sock.recv(10, socket.MSG_WAITALL) == b"hello"


@pytest.mark.parametrize(("program", "code"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 11)", -11)])
def test_its_exit_code_is_known(confined, program, code):
    """An exit code comes through, and a signal as a negative number."""
    assert finished(confined(program))[0] == code


def test_output_is_kept_up_to_the_bound_and_the_excess_noted(confined):
    """An endless print neither fills memory nor blocks."""
    process = confined("while True: print('x' * 99)", output=1000)
    wait_for(lambda: process.output_exceeded)

    assert len(process.output()) == 1000


def test_too_much_memory_ends_it(confined):
    """A tree that passes the limit is killed."""
    process = confined("x = bytearray(400_000_000); import time; time.sleep(60)", memory=200_000_000)
    wait_for(lambda: process.memory_exceeded)

    assert finished(process)[0] == -9
    assert process.peak_memory > 200_000_000


def test_a_daemon_that_left_the_session_is_killed_too(confined):
    """Double forks, new sessions and ignored signals don't outlive the kill."""
    program = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(100)
    os._exit(0)
time.sleep(100)
"""
    process = confined(program)
    wait_for(lambda: process.output().endswith("\n"))
    daemon = int(process.output())
    assert psutil.pid_exists(daemon)

    process.kill()

    wait_for(lambda: not psutil.pid_exists(daemon), 1.0)


def test_a_daemon_doesnt_outlive_the_students_own_end(confined):
    """When the student's process ends by itself, what it left behind ends too."""
    program = """
import os, time
if os.fork() == 0:
    os.setsid()
    print(os.getpid(), flush=True)
    time.sleep(100)
time.sleep(0.3)
"""
    process = confined(program)
    finished(process)

    wait_for(lambda: not psutil.pid_exists(int(process.output())), 1.0)


def test_the_scratch_folder_is_removed_whatever_is_in_it(confined):
    """Unreadable folders, FIFOs, links and odd names don't stay behind."""
    program = """
import os
os.makedirs('a/b'); open('a/b/f', 'w').close(); os.mkfifo('pipe'); os.symlink('/', 'root'); open('\\n\\udcff', 'w').close()
with open('sparse', 'w') as file: file.truncate(1_000_000_000)
os.chmod('a/b', 0); os.chmod('a', 0)
"""
    process = confined(program)
    code, output = finished(process)
    process.kill()

    assert (code, output, process.scratch.exists(), os.path.exists("/etc")) == (0, "", False, True)


def test_killing_twice_is_the_same_as_once(confined):
    """A second kill does nothing."""
    process = confined("import time; time.sleep(100)")

    process.kill()
    process.kill()

    assert process.wait_code(0) is not None


def test_strict_is_refused_where_it_cant_be_had():
    """`--sandbox strict` never runs with less than it promises."""
    with pytest.raises(UsageError, match="--sandbox strict: namespaces, Landlock and seccomp"):
        confine.start("program", {}, confine.Policy(memory=1, output=1, level="strict"))
