"""The student process: what it gets, what it may use, and how it ends."""

import os
import resource
import socket

import pytest
from confining import outcome, running, said, start, wait_for

from grader.engines import confine
from grader.engines.confine.inside import steps, tree
from grader.errors import GraderError, UsageError


def test_it_runs_in_a_scratch_folder_with_its_files_and_nothing_on_stdin():
    """The process finds its files in its working folder, and no input."""
    program = "import os, sys; print(sorted(os.listdir()), repr(sys.stdin.read()), os.getcwd() == os.environ['HOME'])"

    assert said(program, files={"my.py": b""}) == "['my.py', 'program.py'] '' True"


def test_nothing_of_the_callers_environment_comes_along(monkeypatch):
    """A secret in the grader's environment isn't in the student's, nor in any process that it sees."""
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    program = """
import glob, os
seen = "".join(os.environ)
for path in glob.glob("/proc/*/environ"):
    try:
        seen += open(path, errors="replace").read()
    except OSError:
        pass
print("SECRET_TOKEN" in seen, os.environ["CUDA_VISIBLE_DEVICES"])
"""

    assert said(program) == "False -1"


def test_it_talks_over_its_descriptor():
    """Its end of the socket pair is the descriptor that the environment names."""
    program = "import os, socket; socket.socket(fileno=int(os.environ['GRADE_FD'])).send(b'hello')"

    with running(program) as process:
        assert process.sock.recv(10, socket.MSG_WAITALL) == b"hello"


def test_its_end_closes_the_connection():
    """When the process ends, the front reads the end of the stream, as nobody else holds the other end."""
    with running("") as process:
        process.sock.settimeout(5)

        assert process.sock.recv(1) == b""


def test_it_holds_no_descriptors_but_its_own():
    """Nothing is inherited but standard input, output and error, and the connection."""
    program = """
import os
def is_open(number):
    try:
        return bool(os.fstat(number))
    except OSError:
        return False
print([number for number in range(3000) if is_open(number)])
"""
    with open(os.devnull) as file:
        os.set_inheritable(file.fileno(), True)

        assert said(program) == "[0, 1, 2, 3]"


@pytest.mark.parametrize("without", [(), ("processes", "files")], ids=["own processes", "shared processes"])
@pytest.mark.parametrize(
    ("program", "code"), [("raise SystemExit(3)", 3), ("raise SystemExit(139)", 139), ("import os; os.abort()", -6)]
)
def test_its_exit_code_is_known(program, code, without):
    """An exit code comes through, and a signal as a negative number."""
    assert outcome(program, without=without)[0] == code


def test_output_is_kept_up_to_the_bound_and_the_excess_noted():
    """An endless print neither fills memory nor blocks."""
    with running("while True: print('x' * 99)", output=1000) as process:
        wait_for(lambda: process.output_exceeded)

        assert len(process.read_output()) == 1000


def test_output_that_is_not_text_comes_as_escapes():
    """Bytes that aren't UTF-8 are shown, and never raise."""
    assert outcome(r"import os; os.write(1, b'\xff\x00 ok')") == (0, "\\xff\x00 ok")


def test_processor_time_of_all_its_processes_is_known():
    """Time that a child burnt counts, after its end too."""
    program = """
import os, time
if os.fork() == 0:
    while time.process_time() < 0.5: pass
    os._exit(0)
os.wait()
time.sleep(0.3)
"""
    with running(program) as process:
        wait_for(lambda: not process.is_alive())

        assert 0.45 <= process.measure_cpu_s() < 3  # the system counts in hundredths, and cuts off


def test_a_submission_named_like_a_library_is_not_imported_instead_of_it():
    """A file json.py in the working folder doesn't stand in for the module, as `-P` keeps that folder off the path."""
    policy = confine.SandboxPolicy(memory=10**9, output=10**4)
    process = confine.start_confined("json.tool", {"json.py": b"print('mine')"}, policy)
    wait_for(lambda: not process.is_alive())
    process.kill()

    assert "mine" not in process.read_output()


def test_killing_twice_is_the_same_as_once():
    """A second kill does nothing, and the code stays known."""
    process = start("import time; time.sleep(100)")
    assert process.is_alive()

    process.kill()
    process.kill()

    assert (process.is_alive(), process.returncode) == (False, -9)


def test_a_process_that_ended_of_itself_keeps_its_code_after_the_kill():
    """What the keeper said last is read even when nobody asked before."""
    process = start("raise SystemExit(5)")
    process.process.wait(10)

    process.kill()

    assert process.returncode == 5


def test_strict_names_what_is_missing():
    """`--sandbox strict` never runs with less than it promises, and says what it lacks."""
    policy = confine.SandboxPolicy(memory=10**9, output=10**4, level="strict", without=("landlock", "system-calls"))

    with pytest.raises(UsageError, match=r"--sandbox strict: this machine lacks landlock \(opens.*; system-calls"):
        confine.start_confined("program", {"program.py": b""}, policy, {"PYTHONPATH": "."})


def test_a_sandbox_that_cannot_start_is_the_graders_fault(tmp_path, monkeypatch):
    """When even the last plan fails, the reason is told, and no scratch folder stays behind."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("sys.executable", "/usr/bin/env")

    with pytest.raises(GraderError, match="the sandbox did not start"):
        confine.start_confined("program", {}, confine.SandboxPolicy(memory=10**9, output=10**4))
    assert os.listdir(tmp_path) == []


def test_what_cannot_be_started_leaves_no_file(tmp_path, monkeypatch):
    """The submission was laid down before, for a process that never came."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    laid_down = []

    def spawn(*_words):
        laid_down.extend(tmp_path.glob("*/mine.py"))
        raise GraderError("no process today")

    with pytest.raises(GraderError, match="no process today"):
        confine.start_confined(
            "json.tool", {"mine.py": b"1"}, confine.SandboxPolicy(memory=10**9, output=10**4), spawn=spawn
        )
    assert len(laid_down) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("more", "few"), [(-1, True), (1000, False), (None, False)])
def test_the_system_may_allow_fewer_processes_than_a_submission_may_have(monkeypatch, more, few):
    """With those that this user has already."""
    enough = steps.compute_process_limit() + tree.count_tasks(os.getuid())
    most = (
        resource.RLIM_INFINITY if more is None else enough + more if more > 0 else steps.compute_process_limit() + more
    )
    monkeypatch.setattr(resource, "getrlimit", lambda name: (most, most))

    assert confine.is_process_limit_low() is few
