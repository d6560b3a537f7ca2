"""Checks of a plain function by what it does: called with many cases, its answers compared with what is right.

The referee makes the calls; these functions only say in words what each showed.
"""

# ruff: noqa: ARG001 - the referee has read the arguments; here they give the YAML its form

from __future__ import annotations

from typing import Any

from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass, report_undecided
from grader.checks.wording import format_count
from grader.courses.yaml_tree import Duration
from grader.records.clues import Symptom
from grader.records.run import FailedCall, FunctionTrial, Run

MAX_SHOWN_TEXT = 900
CaseList = list[dict[str, Any]]


@register_check("behaviour.matches")
def check_results(
    trial: FunctionTrial,
    *,
    cases: CaseList = [],  # noqa: B006 - never changed
    random: int = 0,
    tolerance: float = 0.0,
    places: list[int] = [],  # noqa: B006 - never changed
) -> CheckOutcome:
    """The function gives what is right.

    Args:
        trial: what the calls showed.
        cases: written ones, each a mapping from argument to value, and perhaps `gives`.
        random: how many more are drawn, as the exercise's `arguments` say.
        tolerance: the largest difference of two numbers that doesn't count.
        places: of a list that the function gives, the only items that this check looks at.

    >>> wrong = FailedCall(what="your function gives 6 instead of 5", case="size = 28", expected="5", got="6")
    >>> check_results(FunctionTrial(cases=9, judged=9, faulty=2, failure=wrong)).message
    'your function gives 6 instead of 5; 2 of 9 cases fail, and the smallest is shown'
    """
    if trial.failure is not None:
        return _report_failed_call(trial, trial.failure)
    if trial.judged < trial.cases:
        return _report_unfinished(trial)
    return report_pass(f"right in {format_count(trial.cases, 'case')}{_note_missing_reference(trial)}")


@register_check("behaviour.leaves_input")
def check_input_unchanged(trial: FunctionTrial, run: Run) -> CheckOutcome:
    """The function leaves its arguments as they are.

    Args:
        trial: the calls of all other checks.
        run: the student's own process tells whether arguments changed.

    >>> from grader.records.run import RunEnd
    >>> check_input_unchanged(FunctionTrial(cases=9, judged=9), Run(seed=7, end=RunEnd(kind="completed"))).message
    'the arguments were the same after 9 calls'
    """
    if trial.failure is not None:
        return _report_failed_call(trial, trial.failure)
    if not trial.judged:
        return _report_unfinished(trial)
    return report_pass(f"the arguments were the same after {format_count(trial.judged, 'call')}")


@register_check("behaviour.dtype")
def check_dtype(trial: FunctionTrial, *, dtype: str | None = None) -> CheckOutcome:
    """The function gives numbers of the right type.

    Args:
        trial: the calls of all other checks.
        dtype: the type; without it, that of what is right.

    >>> check_dtype(FunctionTrial(cases=9)).message
    'not judged: none of 9 calls gave an array'
    """
    if trial.failure is not None:
        return _report_failed_call(trial, trial.failure)
    if not trial.judged:
        return report_undecided(f"not judged: none of {format_count(trial.cases, 'call')} gave an array")
    return report_pass(f"the type of the numbers is right in {format_count(trial.judged, 'call')}")


@register_check("behaviour.time")
def check_duration(trial: FunctionTrial, *, case: dict[str, Any], below: Duration, tolerance: float = 0.0) -> CheckOutcome:
    """The function is fast enough.

    Args:
        trial: the one call.
        case: its arguments.
        below: the time that it may take.
        tolerance: as in `behaviour.matches`; only a right answer counts.

    >>> check_duration(FunctionTrial(cases=1, judged=1, slowest_s=2.5), case={}, below=Duration(20)).message
    'it took 2.5 s; 20 s are allowed'
    """
    if trial.failure is not None:
        return _report_failed_call(trial, trial.failure)
    if not trial.judged:
        return report_undecided("not judged: only a right answer counts here")
    return report_pass(f"it took {trial.slowest_s:.1f} s; {below:g} s are allowed", got=f"{trial.slowest_s:.1f} s")


def _report_failed_call(trial: FunctionTrial, failure: FailedCall) -> CheckOutcome:
    fails = f"{trial.faulty} of {format_count(trial.judged, 'case')} fail{'s' * (trial.faulty == 1)}"
    count = f"; {fails}, and the smallest is shown" if trial.faulty > 1 else f"; {fails}" if trial.judged > 1 else ""
    return report_failure(
        f"{_shorten_text(failure.what).replace(chr(10), ' ')}{count}",
        expected=_shorten_text(failure.expected),
        got=_shorten_text(failure.got),
        hint=failure.hint,
        line=failure.line,
        given=_shorten_text(failure.case) or None,
        symptom=Symptom.WRONG_VALUES if failure.wrong else None,
        beside=failure.beside,
    )


def _shorten_text(text: str) -> str:
    # Values come from student code and may hold control characters that would rewrite a terminal.
    safe = "".join(
        letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text[: MAX_SHOWN_TEXT + 1]
    )
    return safe if len(safe) <= MAX_SHOWN_TEXT else safe[: MAX_SHOWN_TEXT - 3] + "..."


def _report_unfinished(trial: FunctionTrial) -> CheckOutcome:
    if not trial.judged:
        return report_undecided("not judged: no call came back with an answer")
    # Right so far isn't right: calls that never came back give no points, though no wrong answer was seen.
    return report_undecided(f"not judged: only {trial.judged} of {format_count(trial.cases, 'call')} came back")


def _note_missing_reference(trial: FunctionTrial) -> str:
    """Says where no reference was there to draw further cases."""
    return "" if trial.reference else " (the fixed ones; further random cases need the course's reference)"
