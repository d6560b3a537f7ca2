"""What is said of a student process that is gone, and whose fault it was."""

import os
import signal
import socket

import pytest
from confining import running, wait_for

from grader.engines.confine.control import ControlLine
from grader.errors import GraderError
from grader.grading.gone import RunOver, find_lost_process_end, raise_as_grader_fault
from grader.protocol.channel import ChannelClosed, MalformedMessage
from grader.records.run import RunEnd

pytestmark = pytest.mark.train

ENDS = {
    "import os; os._exit(3)": "your code ended the process (exit code 3) before it returned",
    "import os; os.kill(os.getpid(), 9)": "your code's process was ended by signal 9",
    "import os, time; os.close(3); time.sleep(61)": "your code closed its connection to the grader before it returned",
}


@pytest.mark.parametrize("program", ENDS)
def test_an_end_is_told_by_its_cause(program):
    """The exit code, the signal, or that it only hung up."""
    with running(program) as process:
        end = find_lost_process_end(process, ChannelClosed())

    assert (end.kind, end.message) == ("crashed", ENDS[program])


def test_noise_on_the_line_is_the_students():
    """What isn't a message was sent by student code."""
    with running("import time; time.sleep(61)") as process:
        end = find_lost_process_end(process, MalformedMessage("noise"))

    assert (end.kind, end.message) == ("forbidden", "your code interfered with the grader's connection")


BEFORE = {
    "import no_such_package": (ChannelClosed(), r"\(exit code 1\): ModuleNotFoundError: No module named 'no_such_package'"),
    "import time; print('one'); time.sleep(61)": (MalformedMessage("noise"), r"\(forbidden\): one"),
    "import time; time.sleep(61)": (RunOver(RunEnd(kind="out_of_memory", message="m")), r"\(out_of_memory\): it printed nothing"),
}


@pytest.mark.parametrize("program", BEFORE)
def test_what_fails_before_student_code_runs_is_not_the_students(program):
    """A package that is missing, noise or a limit too low: the grader's fault, with the last line that was printed."""
    error, words = BEFORE[program]
    with running(program) as process:
        wait_for(lambda: "print" not in program or process.read_output())

        words = f"the process for the student's code failed before it was given any {words}"
        with pytest.raises(GraderError, match=words), raise_as_grader_fault(process):
            raise error


def test_a_sandbox_that_fails_is_the_graders_fault():
    """Whoever ended the keeper, it wasn't the student's code, which can't reach it."""
    with running("import time; time.sleep(61)") as process:
        os.kill(process.process.pid, signal.SIGKILL)
        wait_for(lambda: not process.is_alive())

        with pytest.raises(GraderError, match="the sandbox failed: its keeper ended without a word"):
            find_lost_process_end(process, ChannelClosed())


def test_the_keepers_own_fault_is_told():
    """Its last words are taken as they are, and no state."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.send(b"state\t0\t0\t5\t0.100\nfailed\tOSError(28)\n")
        control = ControlLine(ours)

        state = control.ask_state()
        control.close()

    assert (state.peak, state.code, state.fault) == (5, None, "OSError(28)")
