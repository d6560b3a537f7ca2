"""Decides how a run ended if the student process is gone, broke the protocol or exceeded a limit."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence

from grader.courses.exercise import Limits
from grader.engines import confine
from grader.engines.machine_limits import describe_memory_shortage
from grader.engines.trainer import TrainerHandle
from grader.errors import GraderError
from grader.protocol.arrays import ArraySpec
from grader.protocol.channel import ChannelClosed, MalformedMessage
from grader.protocol.wire import Crashed, Refused, Unsupported
from grader.records.run import RunEnd
from grader.records.verdict import Note

EXIT_WAIT_S = 2.0
# Compiling counts for no limit, so that a busy machine costs no training; this much of it is always allowed.
MIN_PREPARING_S = 60.0
LOOK_S = 1.0  # in which a trainer that computes takes processor time, and one that hangs in its device doesn't
MAX_ORDERS = 200
# TensorFlow's last words where it can start no thread. Whoever prints them falsely may bring about an error, no points.
THREAD_FAILURE = "creation via pthread_create() failed"
# A training may hold its data, its weights and one batch's values, each within the limit, and what goes with them.
MAX_MEMORY_SHARES = 3
MEMORY_OVERHEAD = 3_000_000_000


class RunOver(Exception):
    """The run has ended; carries how."""

    def __init__(self, end: RunEnd) -> None:
        self.end = end
        super().__init__(end.kind)


def find_student_limit_end(student: confine.ConfinedProcess, limits: Limits) -> RunEnd | None:
    """Returns the end of a run whose student process exceeded a limit; None while it hasn't."""
    if student.memory_exceeded:
        return RunEnd(kind="out_of_memory", message=f"your code used more than {limits.memory / 1e9:g} GB of memory")
    return None


def cut_output(student: confine.ConfinedProcess, limits: Limits) -> list[Note]:
    """A note, where the process printed more than is kept: that is no offence, and who prints for ever meets the clock."""
    if not student.output_exceeded:
        return []
    text = (
        f"your code printed more than {limits.output:,} bytes; the rest is cut off (no points lost)"
    )
    return [Note(line=None, message=text)]


def end_of_crash(crash: Crashed) -> RunEnd:
    """Builds the end of a run whose student code raised an error."""
    return RunEnd(
        kind="crashed", message=crash.message, traceback=crash.traceback, line=crash.line, package=crash.package
    )


def build_refusal_end(what: Refused | Unsupported, line: int | None) -> RunEnd:
    """Builds the end of a run whose order is not supported, or too large."""
    text = f"{what.message}; {what.instead}" if what.instead else what.message
    too_much = isinstance(what, Refused) and what.out_of_memory
    return RunEnd(kind="out_of_memory" if too_much else "forbidden", message=text, line=line)


def find_order_limit_end(arrays: Sequence[ArraySpec], orders: int, limits: Limits, line: int | None) -> RunEnd | None:
    """Returns the end of a run that gives `fit` too much data or calls it too often; None if it doesn't.

    Args:
        orders: how many came before.
    """
    if orders >= MAX_ORDERS:
        return RunEnd(kind="forbidden", message=f"your code called fit more than {MAX_ORDERS} times", line=line)
    total = sum(spec.nbytes for spec in arrays)
    if total > limits.memory:
        return RunEnd(kind="out_of_memory", message=f"fit was given {total:,} bytes of data", line=line)
    return None


def find_trainer_memory_end(trainer: TrainerHandle, began: int, limits: Limits) -> RunEnd | None:
    """Returns the end of a run whose orders make the trainer use too much memory; None while they don't.

    Args:
        began: bytes that it took before the first order.
    """
    if (taken := trainer.measure_memory() - began) <= MAX_MEMORY_SHARES * limits.memory + MEMORY_OVERHEAD:
        return None
    message = (
        f"the training took more than {taken / 1e9:.0f} GB of memory; use a smaller model"
    )
    return RunEnd(kind="out_of_memory", message=message)


class Preparing:
    """Watches the trainer prepare a training, which only compiling can make long: nothing in it can be stopped from within.

    Args:
        limit_s: of the training.
    """

    def __init__(self, limit_s: float) -> None:
        self.most_s = max(limit_s, MIN_PREPARING_S)
        self.looked_s, self.cpu_s = 0.0, 0.0

    def end(self, trainer: TrainerHandle, waited_s: float) -> RunEnd | None:
        """Returns the end of a run whose training can't be prepared in time; None while it can, or if the trainer hangs.

        Args:
            waited_s: since the trainer's last sign.
        """
        if waited_s < self.most_s:
            self.looked_s = 0.0
            return None
        # Two looks at the processor time tell compiling, which is the model's fault, from a device that hangs.
        if not self.looked_s:
            self.looked_s, self.cpu_s = waited_s, trainer.cpu_s()
            return None
        if waited_s - self.looked_s < LOOK_S or trainer.cpu_s() - self.cpu_s < LOOK_S / 2:
            return None
        text = f"preparing the training (compiling the model) took longer than {self.most_s:g} s; use a model of fewer layers"
        return RunEnd(kind="timed_out", message=text)


@contextlib.contextmanager
def raise_as_grader_fault(student: confine.ConfinedProcess) -> Iterator[None]:
    """Turns every failure in the block into a GraderError: no student code has run yet.

    Raises:
        GraderError: the process ended, took too much or said something else; with the last line that it printed.
    """
    try:
        yield
    except (ChannelClosed, MalformedMessage, RunOver) as error:
        end = error.end if isinstance(error, RunOver) else find_lost_process_end(student, error)
        last = (student.read_output().strip().splitlines() or ["it printed nothing"])[-1]
        how = end.kind if (code := student.wait_for_code(0)) is None else f"exit code {code}"
        raise GraderError(
            f"the process for the student's code failed before it was given any ({how}): {last}"
        ) from error


def find_lost_process_end(student: confine.ConfinedProcess, error: Exception) -> RunEnd:
    """Works out why a connection closed or was misused.

    Args:
        error: `MalformedMessage` for what isn't a message in its turn, `ChannelClosed` for a connection without another end.

    Raises:
        GraderError: the sandbox failed, or the system let the process start no more threads.
    """
    # Only student code that got hold of the socket sends malformed messages: the loader's own are typed.
    if isinstance(error, MalformedMessage):
        return RunEnd(kind="forbidden", message="your code interfered with the grader's connection")
    if student.memory_exceeded:
        return RunEnd(kind="out_of_memory", message="your code used too much memory")
    # The socket closes shortly before the process is gone; without a wait its exit code would be missed.
    code = student.wait_for_code(EXIT_WAIT_S)
    if student.memory_starved:
        raise GraderError(describe_memory_shortage())
    if fault := student.find_fault():
        raise GraderError(f"the sandbox failed: {fault}")
    if code is None:
        return RunEnd(kind="crashed", message="your code closed its connection to the grader before it returned")
    # The output may be forged, so the machine's low limit has to be real before the blame moves away from the student.
    if code == -signal.SIGABRT and THREAD_FAILURE in student.read_output() and confine.is_process_limit_low():
        raise GraderError("the limit of processes (ulimit -u) is too low: TensorFlow could start no thread")
    if code < 0:
        return RunEnd(kind="crashed", message=f"your code's process was ended by signal {-code}")
    return RunEnd(kind="crashed", message=f"your code ended the process (exit code {code}) before it returned")
