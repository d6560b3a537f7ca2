"""How a run ends whose student process is gone, spoke out of turn or took too much."""

from __future__ import annotations

from grader.channel import Malformed
from grader.engines import confine
from grader.errors import GraderError
from grader.exercise import Limits
from grader.run import End

WAIT_S = 2.0


def exceeded(student: confine.Confined, limits: Limits) -> End | None:
    """How a run ends whose student process printed or took more than it may; None while it hasn't."""
    if student.output_exceeded:
        return End(kind="output_limit", message=f"your code printed more than {limits.output:,} bytes")
    if student.memory_exceeded:
        return End(kind="out_of_memory", message=f"your code used more than {limits.memory / 1e9:g} GB of memory")
    return None


def gone(student: confine.Confined, error: Exception) -> End:
    """The end that a closed or misused connection shows.

    Args:
        error: `Malformed` for what isn't a message in its turn, `Closed` for a connection without another end.

    Raises:
        GraderError: the sandbox failed.
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
    if code < 0:
        return End(kind="crashed", message=f"your code's process was ended by signal {-code}")
    return End(kind="crashed", message=f"your code ended the process (exit code {code}) before it returned")
