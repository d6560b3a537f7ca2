"""What is said of a student process that is gone, and whose fault it was."""

import os
import signal
import socket

import pytest
from confining import running, wait_for

from grader.channel import Closed, Malformed
from grader.engines.confine.control import Control
from grader.errors import GraderError
from grader.grading.gone import Over, before_student_code, gone
from grader.run import End

ENDS = {
    "import os; os._exit(3)": "your code ended the process (exit code 3) before it returned",
    "import os; os.kill(os.getpid(), 9)": "your code's process was ended by signal 9",
    "import os, time; os.close(3); time.sleep(61)": "your code closed its connection to the grader before it returned",
}


@pytest.mark.parametrize("program", ENDS)
def test_an_end_is_told_by_its_cause(program):
    """The exit code, the signal, or that it only hung up."""
    with running(program) as process:
        end = gone(process, Closed())

    assert (end.kind, end.message) == ("crashed", ENDS[program])


def test_noise_on_the_line_is_the_students():
    """What isn't a message was sent by student code."""
    with running("import time; time.sleep(61)") as process:
        end = gone(process, Malformed("noise"))

    assert (end.kind, end.message) == ("forbidden", "your code interfered with the grader's connection")


BEFORE = {
    "import no_such_package": (Closed(), r"\(exit code 1\): ModuleNotFoundError: No module named 'no_such_package'"),
    "import time; print('one'); time.sleep(61)": (Malformed("noise"), r"\(forbidden\): one"),
    "import time; time.sleep(61)": (Over(End(kind="out_of_memory", message="m")), r"\(out_of_memory\): it printed nothing"),
}


@pytest.mark.parametrize("program", BEFORE)
def test_what_fails_before_student_code_runs_is_not_the_students(program):
    """A package that is missing, noise or a limit too low: the grader's fault, with the last line that was printed."""
    error, words = BEFORE[program]
    with running(program) as process:
        wait_for(lambda: "print" not in program or process.output())

        words = f"the process for the student's code failed before it was given any {words}"
        with pytest.raises(GraderError, match=words), before_student_code(process):
            raise error


def test_a_sandbox_that_fails_is_the_graders_fault():
    """Whoever ended the keeper, it wasn't the student's code, which can't reach it."""
    with running("import time; time.sleep(61)") as process:
        os.kill(process.process.pid, signal.SIGKILL)
        wait_for(lambda: not process.alive())

        with pytest.raises(GraderError, match="the sandbox failed: its keeper ended without a word"):
            gone(process, Closed())


def test_the_keepers_own_fault_is_told():
    """Its last words are taken as they are, and no state."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.send(b"state\t0\t5\t0.100\nfailed\tOSError(28)\n")
        control = Control(ours)

        state = control.ask()
        control.close()

    assert (state.peak, state.code, state.fault) == (5, None, "OSError(28)")
