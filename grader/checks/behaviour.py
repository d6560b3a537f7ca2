"""Checks of a plain function by what it does: called with many cases, its answers compared with what is right.

The referee makes the calls; these functions only say in words what each showed.
"""

# ruff: noqa: ARG001 - the referee has read the arguments; here they give the YAML its form

from __future__ import annotations

from typing import Any

from grader.checks.registry import Outcome, check, failed, passed, undecided
from grader.checks.wording import counted
from grader.run import Run
from grader.trials import Failure, Trial
from grader.yamltree import Duration

GROUP = "behaviour."
LONGEST = 400
Cases = list[dict[str, Any]]


@check("behaviour.matches")
def matches(trial: Trial, *, cases: Cases = [], random: int = 0, tolerance: float = 0.0) -> Outcome:  # noqa: B006 - never changed
    """The function gives what is right.

    Args:
        trial: what the calls showed.
        cases: written ones, each a mapping from argument to value, and perhaps `gives`.
        random: how many more are drawn, as the exercise's `arguments` say.
        tolerance: the largest difference of two numbers that doesn't count.

    >>> wrong = Failure(what="gave 6, not 5", case="size = 28", expected="5", got="6")
    >>> matches(Trial(cases=9, judged=9, faulty=2, failure=wrong)).message
    'with size = 28 the function gave 6, not 5; 2 of 9 cases fail, this is the smallest'
    """
    if trial.failure is not None:
        return _failed(trial, trial.failure)
    if trial.judged < trial.cases:
        return _unfinished(trial)
    return passed(f"right in {counted(trial.cases, 'case')}{_fixed_only(trial)}")


@check("behaviour.leaves_input")
def leaves_input(trial: Trial, run: Run) -> Outcome:
    """The function leaves its arguments as they are.

    Args:
        trial: the calls of all other checks.
        run: the student's own process tells whether arguments changed.

    >>> from grader.run import End
    >>> leaves_input(Trial(cases=9, judged=9), Run(seed=7, end=End(kind="completed"))).message
    'the arguments were the same after 9 calls'
    """
    if trial.failure is not None:
        return _failed(trial, trial.failure)
    if not trial.judged:
        return _unfinished(trial)
    return passed(f"the arguments were the same after {counted(trial.judged, 'call')}")


@check("behaviour.dtype")
def dtype(trial: Trial, *, dtype: str | None = None) -> Outcome:
    """The function gives numbers of the right type.

    Args:
        trial: the calls of all other checks.
        dtype: the type; without it, that of what is right.

    >>> dtype(Trial(cases=9)).message
    'not judged: none of 9 calls gave an array'
    """
    if trial.failure is not None:
        return _failed(trial, trial.failure)
    if not trial.judged:
        return undecided(f"not judged: none of {counted(trial.cases, 'call')} gave an array")
    return passed(f"the type of the numbers is right in {counted(trial.judged, 'call')}")


@check("behaviour.time")
def time(trial: Trial, *, case: dict[str, Any], below: Duration, tolerance: float = 0.0) -> Outcome:
    """The function is fast enough.

    Args:
        trial: the one call.
        case: its arguments.
        below: the time that it may take.
        tolerance: as in `behaviour.matches`; only a right answer counts.

    >>> time(Trial(cases=1, judged=1, slowest_s=2.5), case={}, below=Duration(20)).message
    'it took 2.5 s; 20 s are allowed'
    """
    if trial.failure is not None:
        return _failed(trial, trial.failure)
    if not trial.judged:
        return undecided("not judged: only a right answer counts here")
    return passed(f"it took {trial.slowest_s:.1f} s; {below:g} s are allowed", got=f"{trial.slowest_s:.1f} s")


def _failed(trial: Trial, failure: Failure) -> Outcome:
    case = f"with {_short(failure.case)} the" if failure.case else "the"
    count = (
        f"; {trial.faulty} of {counted(trial.judged, 'case')} fail, this is the smallest" if trial.judged > 1 else ""
    )
    return failed(
        f"{case} function {_short(failure.what)}{count}",
        expected=_short(failure.expected),
        got=_short(failure.got),
        hint=failure.hint,
        line=failure.line,
    )


def _short(text: str) -> str:
    safe = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[: LONGEST + 1])
    return safe if len(safe) <= LONGEST else safe[: LONGEST - 3] + "..."


def _unfinished(trial: Trial) -> Outcome:
    if not trial.judged:
        return undecided("not judged: no call came back with an answer")
    return undecided(f"not judged: only {trial.judged} of {counted(trial.cases, 'call')} came back")


def _fixed_only(trial: Trial) -> str:
    """Says where no reference was there to draw further cases."""
    return "" if trial.reference else " (the fixed ones; further random cases need the course's reference)"
