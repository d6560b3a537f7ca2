"""Judges what came back for each check, and keeps the smallest failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from grader.calls import Asked
from grader.explaining import explanation
from grader.referee.cases import Case
from grader.referee.comparing import difference, kind
from grader.referee.showing import case as case_shown
from grader.referee.showing import shown
from grader.trials import Failure, Trial
from grader.values import Unread

NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one call led to: a value, an exception, or nothing in time."""

    end: Literal["gave", "raised", "hung"]
    value: Any = None
    changed: tuple[int, ...] = ()
    message: str = ""
    line: int | None = None
    seconds: float = 0.0


@dataclass(slots=True)
class Tally:
    """One check's count."""

    asked: Asked
    cases: int = 0
    judged: int = 0
    faulty: int = 0
    fixed: int = 0
    slowest_s: float = 0.0
    smallest: tuple[int, Failure] | None = field(default=None)

    def add(self, case: Case, failure: Failure | None) -> None:
        """Counts one judged call."""
        self.judged += 1
        if failure is not None:
            self.faulty += 1
            if self.smallest is None or case.size < self.smallest[0]:
                self.smallest = (case.size, failure)

    def trial(self, *, reference: bool) -> Trial:
        return Trial(
            cases=self.cases,
            judged=self.judged,
            faulty=self.faulty,
            failure=self.smallest[1] if self.smallest else None,
            fixed=self.fixed,
            reference=reference,
            slowest_s=round(self.slowest_s, 4),
        )


class Bench:
    """Judges replies for all checks of an exercise.

    Args:
        names: of the function's arguments.
    """

    def __init__(self, function: str, names: list[str], asked: list[Asked], cases: list[Case]) -> None:
        self.function, self.names = function, names
        self.tallies = {one.id: Tally(one) for one in asked}
        for case in cases:
            for tally in self._of(case):
                tally.cases += 1
                tally.fixed += case.fixed

    def _of(self, case: Case) -> list[Tally]:
        """The checks that look at a case: its owner, and those without cases of their own."""
        return [tally for tally in self.tallies.values() if tally.asked.id == case.owner or _watches(tally.asked)]

    def judge(self, case: Case, reply: Reply) -> None:
        """Counts one reply for every check that looks at its case."""
        for tally in self._of(case):
            tally.slowest_s = max(tally.slowest_s, reply.seconds)
            match tally.asked.kind:
                case "matches":
                    tally.add(case, self._value(case, reply, tally.asked.tolerance))
                case "time":
                    self._time(tally, case, reply)
                case "leaves_input" if reply.end == "gave":
                    tally.add(case, self._changed(case, reply))
                case "dtype" if reply.end == "gave" and isinstance(reply.value, (np.ndarray, Unread)):
                    tally.add(case, self._dtype(case, reply, tally.asked.dtype))

    def _failure(
        self, case: Case, what: str, expected: str, got: str, at: tuple[int, ...] = (), **more: Any
    ) -> Failure:
        return Failure(what=what, case=case_shown(self.names, case.arguments, at), expected=expected, got=got, **more)

    def _value(self, case: Case, reply: Reply, tolerance: float) -> Failure | None:
        if reply.end == "raised":
            first = reply.message.split("\n")[0]
            hint = explanation(first)
            return self._failure(case, f"raised {first}", shown(case.expected), "an error", line=reply.line, hint=hint)
        if reply.end == "hung":
            what = f"did not come back within {reply.seconds:.1f} s"
            hint = "Does every loop come to its end?"
            return self._failure(case, what, shown(case.expected), NOTHING, hint=hint)
        found = difference(case.expected, reply.value, tolerance)
        if found is None:
            return None
        return self._failure(case, found.what, found.expected, found.got, found.at, hint=found.hint)

    def _time(self, tally: Tally, case: Case, reply: Reply) -> None:
        """Only a right answer counts as a fast one."""
        below = tally.asked.below_s or 0.0
        if reply.end == "hung" or reply.seconds > below:
            what = f"took {'more than ' * (reply.end == 'hung')}{reply.seconds:.1f} s"
            tally.add(case, self._failure(case, what, f"at most {below:g} s", f"{reply.seconds:.1f} s"))
        elif reply.end == "gave" and difference(case.expected, reply.value, tally.asked.tolerance) is None:
            tally.add(case, None)

    def _changed(self, case: Case, reply: Reply) -> Failure | None:
        names = [self.names[index] for index in reply.changed if index < len(self.names)]
        if not names:
            return None
        text = " and ".join(names)
        return self._failure(case, f"changed its argument {text}", f"{text} as it was", f"another {text}")

    def _dtype(self, case: Case, reply: Reply, wanted: str | None) -> Failure | None:
        right, got = wanted or str(getattr(case.expected, "dtype", kind(case.expected))), str(reply.value.dtype)
        if right == got:
            return None
        hint = f"`.astype(np.{right})` makes another array of that type."
        return self._failure(case, f"gave numbers of type {got}, not {right}", right, got, hint=hint)

    @property
    def gated(self) -> bool:
        """Whether a check that comes before others has failed, so that nothing costly need be tried any more."""
        return any(tally.asked.gate and tally.smallest for tally in self.tallies.values())

    def trials(self, *, reference: bool) -> dict[str, Trial]:
        """The record of each check."""
        return {name: tally.trial(reference=reference) for name, tally in self.tallies.items()}


def _watches(asked: Asked) -> bool:
    """Whether a check has no cases of its own, and so looks at all others'."""
    return not asked.cases and not asked.random
