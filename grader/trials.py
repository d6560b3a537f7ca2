"""What the calls of a plain function showed, check by check: plain records, written by the referee."""

from __future__ import annotations

from msgspec import Struct


class Failure(Struct, frozen=True, kw_only=True):
    """The smallest call that showed a fault, in words short enough to read.

    `what` ends a sentence that begins with the call, `case` holds its arguments.
    """

    what: str
    case: str
    expected: str
    got: str
    hint: str | None = None
    line: int | None = None


class Trial(Struct, frozen=True, kw_only=True):
    """The calls that one check asks for.

    Args:
        cases: how many there are.
        judged: how many of them could be judged; the others were never made, or something else was wrong with them.
        faulty: how many of those showed the fault.
        failure: the smallest of these.
        fixed: how many are the fixed ones that the course ships; the others were drawn for this run.
        reference: whether an independent reference was at hand for more.
        slowest_s: the longest call, in seconds.
    """

    cases: int
    judged: int = 0
    faulty: int = 0
    failure: Failure | None = None
    fixed: int = 0
    reference: bool = False
    slowest_s: float = 0.0
