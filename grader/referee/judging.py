"""Judges what came back for each check, and keeps the smallest failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from msgspec import structs

from grader.messages.error_hints import find_error_hint
from grader.protocol.calls import AskedCheck
from grader.protocol.values import UnreadArray
from grader.records.run import FailedCall, FunctionTrial
from grader.referee.cases import Case
from grader.referee.comparing import describe_kind, find_difference
from grader.referee.showing import format_call as case_shown
from grader.referee.showing import format_value

NO_ANSWER = "nothing"
UNTOUCHED_HINT = "What is wrong there has its old value still: do the loops reach it?"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReply:
    """What one call led to: a value, an exception, or nothing in time."""

    end: Literal["gave", "raised", "hung"]
    value: Any = None
    changed: tuple[int, ...] = ()
    message: str = ""
    line: int | None = None
    seconds: float = 0.0


@dataclass(slots=True)
class CheckTally:
    """One check's count."""

    asked: AskedCheck
    cases: int = 0
    judged: int = 0
    faulty: int = 0
    fixed: int = 0
    slowest_s: float = 0.0
    untouched: int = 0
    smallest: tuple[tuple[int, float], FailedCall] | None = field(default=None)

    def count_call(self, case: Case, failure: FailedCall | None, *, untouched: bool = False) -> None:
        """Counts one judged call; `untouched` says that all that is wrong was left as it came."""
        self.judged += 1
        if failure is not None:
            self.faulty += 1
            self.untouched += untouched
            # The smallest example is the easiest to follow by hand.
            if self.smallest is None or case.size < self.smallest[0]:
                self.smallest = (case.size, failure)

    def build_trial(self, *, reference: bool) -> FunctionTrial:
        failure = self.smallest[1] if self.smallest else None
        # In a single call the old value may be there by chance.
        if failure is not None and failure.hint is None and self.untouched == self.faulty > 1:
            failure = structs.replace(failure, hint=UNTOUCHED_HINT)
        return FunctionTrial(
            cases=self.cases,
            judged=self.judged,
            faulty=self.faulty,
            failure=failure,
            fixed=self.fixed,
            reference=reference,
            slowest_s=round(self.slowest_s, 4),
        )


class ReplyJudge:
    """Judges replies for all checks of an exercise.

    Args:
        names: of the function's arguments.
    """

    def __init__(self, function: str, names: list[str], asked: list[AskedCheck], cases: list[Case]) -> None:
        self.function, self.names = function, names
        self.tallies = {one.id: CheckTally(one) for one in asked}
        for case in cases:
            for tally in self._find_tallies(case):
                tally.cases += 1
                tally.fixed += case.fixed

    def _find_tallies(self, case: Case) -> list[CheckTally]:
        """The checks that look at a case: its owner, and those without cases of their own."""
        return [
            tally for tally in self.tallies.values() if tally.asked.id == case.owner or _has_no_own_cases(tally.asked)
        ]

    def judge_reply(self, case: Case, reply: CallReply) -> None:
        """Counts one reply for every check that looks at its case."""
        for tally in self._find_tallies(case):
            tally.slowest_s = max(tally.slowest_s, reply.seconds)
            match tally.asked.kind:
                case "matches":
                    failure = self._judge_value(case, reply, tally.asked.tolerance, tally.asked.places)
                    tally.count_call(case, failure, untouched=failure is not None and _is_untouched(case, reply.value))
                case "time":
                    self._judge_time(tally, case, reply)
                # An error or a hang says nothing about the next two kinds; `matches` reports it.
                case "leaves_input" if reply.end == "gave":
                    tally.count_call(case, self._judge_changes(case, reply))
                case "dtype" if reply.end == "gave" and isinstance(reply.value, (np.ndarray, UnreadArray)):
                    tally.count_call(case, self._judge_dtype(case, reply, tally.asked.dtype))

    def _build_failure(
        self, case: Case, what: str, expected: str, got: str, at: tuple[int, ...] = (), **more: Any
    ) -> FailedCall:
        return FailedCall(
            what=what, case=case_shown(self.names, case.arguments, at), expected=expected, got=got, **more
        )

    def _judge_value(
        self, case: Case, reply: CallReply, tolerance: float, places: Sequence[int] = ()
    ) -> FailedCall | None:
        if reply.end == "raised":
            first = reply.message.split("\n")[0]
            # An index too far is a wrong answer to what the check asks; other errors have nothing to do with it.
            return self._build_failure(
                case, f"your function raised {first}", format_value(case.expected), "an error", line=reply.line,
                hint=find_error_hint(first), beside=not first.startswith("IndexError"),
            )  # fmt: skip
        if reply.end == "hung":
            what = f"your function did not come back within {reply.seconds:.1f} s"
            hint = "Does every loop come to its end?"
            return self._build_failure(case, what, format_value(case.expected), NO_ANSWER, hint=hint, beside=True)
        found = find_difference(case.expected, reply.value, tolerance, places)
        if found is None:
            return None
        said = self._describe_borrowed_shape(case, reply.value) or found.what
        # What reads from the array that it changes goes wrong from the second number on.
        if not found.beside and (names := self._list_changed(reply)):
            what, hint = f"your function writes into its argument {' and '.join(names)}", self._advise_copy(names[0])
            return self._build_failure(case, what, found.expected, found.got, found.at, hint=hint, beside=True)
        return self._build_failure(
            case, said, found.expected, found.got, found.at,
            hint=found.hint, beside=found.beside, wrong=not found.beside,
        )  # fmt: skip

    def _describe_borrowed_shape(self, case: Case, value: Any) -> str:
        """Says of a result of the wrong shape that the first argument, which it is made from, has that shape; else nothing."""
        shape, right = getattr(value, "shape", None), getattr(case.expected, "shape", None)
        # A function without arguments has none to borrow from.
        if shape is None or right is None or shape == right or shape not in [getattr(one, "shape", None) for one in case.arguments[:1]]:
            return ""
        return f"your function gives an array of shape {shape}, as `{self.names[0]}` has, instead of {right}"

    def _judge_time(self, tally: CheckTally, case: Case, reply: CallReply) -> None:
        """Only a right answer counts as a fast one."""
        below = tally.asked.below_s or 0.0
        if reply.end == "hung" or reply.seconds > below:
            what = f"your function took {'more than ' * (reply.end == 'hung')}{reply.seconds:.1f} s"
            hint = "What inside the loops is the same each time, such as a copy of the image? Compute it once, before them."
            failure = self._build_failure(case, what, f"at most {below:g} s", f"{reply.seconds:.1f} s", hint=hint)
            tally.count_call(case, failure)
        elif reply.end == "gave" and find_difference(case.expected, reply.value, tally.asked.tolerance) is None:
            tally.count_call(case, None)

    def _judge_changes(self, case: Case, reply: CallReply) -> FailedCall | None:
        names = self._list_changed(reply)
        if not names:
            return None
        text = " and ".join(names)
        what = f"your function changed its argument {text}"
        hint = self._advise_copy(names[0])
        return self._build_failure(case, what, f"{text} as it was", f"another {text}", hint=hint, beside=True)

    def _advise_copy(self, name: str) -> str:
        # The first argument is what the result is made from; the others are only read.
        result = "result" if name == self.names[0] else name
        return f"Start from a copy, `{result} = {name}.copy()`, and change only that."

    def _list_changed(self, reply: CallReply) -> list[str]:
        # The indices come from the student process.
        return [self.names[index] for index in reply.changed if index < len(self.names)]

    def _judge_dtype(self, case: Case, reply: CallReply, wanted: str | None) -> FailedCall | None:
        right, got = (
            wanted or str(getattr(case.expected, "dtype", describe_kind(case.expected))),
            str(reply.value.dtype),
        )
        if right == got:
            return None
        hint = f"`.astype(np.{right})` makes another array of that type."
        what = f"your function gives numbers of type {got} instead of {right}"
        return self._build_failure(case, what, right, got, hint=hint)

    @property
    def gated(self) -> bool:
        """Whether a check that comes before others has failed, so that nothing costly need be tried any more."""
        return any(tally.asked.gate and tally.smallest for tally in self.tallies.values())

    def build_trials(self, *, reference: bool) -> dict[str, FunctionTrial]:
        """The record of each check."""
        return {name: tally.build_trial(reference=reference) for name, tally in self.tallies.items()}


def _is_untouched(case: Case, value: Any) -> bool:
    """Whether an argument of the result's shape holds just what is wrong in the result."""
    expected = case.expected
    if not isinstance(value, np.ndarray) or not isinstance(expected, np.ndarray) or value.shape != expected.shape:
        return False
    wrong = value != expected
    return any(isinstance(one, np.ndarray) and one.shape == value.shape and bool((one == value)[wrong].all()) for one in case.arguments)


def _has_no_own_cases(asked: AskedCheck) -> bool:
    """Whether a check has no cases of its own, and so looks at all others'."""
    return not asked.cases and not asked.random
