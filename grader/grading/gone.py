"""How a run ends whose student process is gone, spoke out of turn or took too much."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence

from grader.arrays import ArraySpec
from grader.channel import Closed, Malformed
from grader.engines import confine
from grader.engines.trainer import Trainer
from grader.errors import GraderError
from grader.exercise import Limits
from grader.run import End
from grader.verdict import Note
from grader.wire import Crashed, Refused, Unsupported

WAIT_S = 2.0
# Compiling counts for no limit, so that a busy machine costs no training; this much of it is always allowed.
LEAST_PREPARING_S = 60.0
LOOK_S = 1.0  # in which a trainer that computes takes processor time, and one that hangs in its device doesn't
MAX_ORDERS = 200
# TensorFlow's last words where it can start no thread. Whoever prints them falsely may bring about an error, no points.
NO_THREAD = "creation via pthread_create() failed"
# A training may hold its data, its weights and one batch's values, each within the limit, and what goes with them.
SHARES = 3
OVERHEAD = 3_000_000_000


class Over(Exception):
    """The run has ended; carries how."""

    def __init__(self, end: End) -> None:
        self.end = end
        super().__init__(end.kind)


def exceeded(student: confine.Confined, limits: Limits) -> End | None:
    """How a run ends whose student process took more than it may; None while it hasn't."""
    if student.memory_exceeded:
        return End(kind="out_of_memory", message=f"your code used more than {limits.memory / 1e9:g} GB of memory")
    return None


def cut_output(student: confine.Confined, limits: Limits) -> list[Note]:
    """A note, where the process printed more than is kept: that is no offence, and who prints for ever meets the clock."""
    if not student.output_exceeded:
        return []
    text = (
        f"your code printed more than {limits.output:,} bytes; the rest of its output is left out, which costs nothing"
    )
    return [Note(line=None, message=text)]


def end_of_crash(crash: Crashed) -> End:
    """How a run ends whose student code raised."""
    return End(kind="crashed", message=crash.message, traceback=crash.traceback, line=crash.line, package=crash.package)


def refused(what: Refused | Unsupported, line: int | None) -> End:
    """How a run ends that orders what can't be ordered, or too much."""
    text = f"{what.message}; {what.instead}" if what.instead else what.message
    too_much = isinstance(what, Refused) and what.out_of_memory
    return End(kind="out_of_memory" if too_much else "forbidden", message=text, line=line)


def too_much(arrays: Sequence[ArraySpec], orders: int, limits: Limits, line: int | None) -> End | None:
    """How a run ends that gives `fit` more than it may, or calls it too often; None where it doesn't.

    Args:
        orders: how many came before.
    """
    if orders >= MAX_ORDERS:
        return End(kind="forbidden", message=f"your code called fit more than {MAX_ORDERS} times", line=line)
    total = sum(spec.nbytes for spec in arrays)
    if total > limits.memory:
        return End(kind="out_of_memory", message=f"fit was given {total:,} bytes of data", line=line)
    return None


def outgrown(trainer: Trainer, began: int, limits: Limits) -> End | None:
    """How a run ends whose orders make the trainer take more memory than any order should; None while it doesn't.

    Args:
        began: bytes that it took before the first order.
    """
    if (taken := trainer.memory() - began) <= SHARES * limits.memory + OVERHEAD:
        return None
    message = (
        f"the training of what your code ordered took more than {taken / 1e9:.0f} GB of memory; use a smaller model"
    )
    return End(kind="out_of_memory", message=message)


class Preparing:
    """Watches the trainer prepare a training, which only compiling can make long: nothing in it can be stopped from within.

    Args:
        limit_s: of the training.
    """

    def __init__(self, limit_s: float) -> None:
        self.most_s = max(limit_s, LEAST_PREPARING_S)
        self.looked_s, self.cpu_s = 0.0, 0.0

    def end(self, trainer: Trainer, waited_s: float) -> End | None:
        """How a run ends whose training can't be prepared in time; None while it can, or where the trainer hangs.

        Args:
            waited_s: since the trainer's last sign.
        """
        if waited_s < self.most_s:
            self.looked_s = 0.0
            return None
        if not self.looked_s:
            self.looked_s, self.cpu_s = waited_s, trainer.cpu_s()
            return None
        if waited_s - self.looked_s < LOOK_S or trainer.cpu_s() - self.cpu_s < LOOK_S / 2:
            return None
        text = f"preparing the training (compiling the model) took longer than {self.most_s:g} s; use a model of fewer layers"
        return End(kind="timed_out", message=text)


@contextlib.contextmanager
def before_student_code(student: confine.Confined) -> Iterator[None]:
    """What fails inside is ours or the machine's: nothing of the student's has run yet.

    Raises:
        GraderError: the process ended, took too much or said something else; with the last line that it printed.
    """
    try:
        yield
    except (Closed, Malformed, Over) as error:
        end = error.end if isinstance(error, Over) else gone(student, error)
        last = (student.output().strip().splitlines() or ["it printed nothing"])[-1]
        how = end.kind if (code := student.wait_code(0)) is None else f"exit code {code}"
        raise GraderError(
            f"the process for the student's code failed before it was given any ({how}): {last}"
        ) from error


def gone(student: confine.Confined, error: Exception) -> End:
    """The end that a closed or misused connection shows.

    Args:
        error: `Malformed` for what isn't a message in its turn, `Closed` for a connection without another end.

    Raises:
        GraderError: the sandbox failed, or the system let the process start no more threads.
    """
    if isinstance(error, Malformed):
        return End(kind="forbidden", message="your code interfered with the grader's connection")
    if student.memory_exceeded:
        return End(kind="out_of_memory", message="your code used too much memory")
    code = student.wait_code(WAIT_S)
    if fault := student.fault():
        raise GraderError(f"the sandbox failed: {fault}")
    if code is None:
        return End(kind="crashed", message="your code closed its connection to the grader before it returned")
    if code == -signal.SIGABRT and NO_THREAD in student.output() and confine.few_processes():
        raise GraderError("the limit of processes (ulimit -u) is too low: TensorFlow could start no thread")
    if code < 0:
        return End(kind="crashed", message=f"your code's process was ended by signal {-code}")
    return End(kind="crashed", message=f"your code ended the process (exit code {code}) before it returned")
