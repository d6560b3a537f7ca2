"""Checks of what the graded function returned; the value is plain data that came from student code."""

from __future__ import annotations

import math
from typing import Any

from grader.checks.registry import Outcome, check, failed, passed, undecided
from grader.checks.wording import figure, name, shown
from grader.run import Run

EXPECTED = "(list of epoch numbers, last accuracy)"
RETURN = "return history.epoch, history.history['accuracy'][-1]"
TOLERANCE = 1e-4


@check("returns.shape")
def shape(returned: Any) -> Outcome:
    """The function returns the list of epochs and the last accuracy.

    Args:
        returned: the value, a tuple as a list.

    >>> shape([[0, 1, 2], 0.9912]).status
    'passed'
    >>> shape(None).message
    'the function returned nothing (None)'
    """
    fault = _fault(returned)
    if fault is None:
        return passed("the function returned a list of epochs and an accuracy", got=shown(returned))
    return failed(fault, expected=EXPECTED, got=shown(returned), hint=f"End the function with `{RETURN}`.")


def _fault(value: Any) -> str | None:
    """What is wrong with the form of a returned value, in words."""
    if value is None:
        return "the function returned nothing (None)"
    if isinstance(value, dict):
        return f"the function returned one object ({_kind(value)}), not two values"
    if not isinstance(value, (list, tuple)):
        return f"the function returned {_kind(value)}, not two values"
    if len(value) != 2:
        return f"the function returned {len(value)} value{'s' * (len(value) != 1)}, not 2"
    return _epochs_fault(value[0]) or _accuracy_fault(value[1])


def _epochs_fault(value: Any) -> str | None:
    if not isinstance(value, (list, tuple)):
        return f"the first value is {_kind(value)}, not the list of epochs (`history.epoch`)"
    if not value:
        return "the list of epochs is empty"
    if not all(isinstance(item, int) and not isinstance(item, bool) for item in value):
        return "the list of epochs holds something other than whole numbers"
    return None


def _accuracy_fault(value: Any) -> str | None:
    if isinstance(value, (list, tuple)):
        return "the second value is a list; take its last number with `[-1]`"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"the second value is {_kind(value)}, not a number"
    if math.isnan(value):
        return "the second value is NaN, not an accuracy"
    if 1 < value <= 100:
        return f"the accuracy is {shown(value)}; write it as a share from 0 to 1, as Keras does"
    if not 0 <= value <= 1:
        return f"the accuracy is {shown(value)}, not a number from 0 to 1"
    return None


def _kind(value: Any) -> str:
    """What a value is, in words; an object that isn't plain data arrives as `{"type": its class}`."""
    if isinstance(value, dict):
        return f"of class {name(value['type'])}" if isinstance(value.get("type"), str) else "a dict"
    words = {str: "text", bool: "true or false", int: "a whole number", float: "a number", type(None): "None"}
    return words.get(type(value), "another kind of object")


@check("returns.match_training")
def match_training(returned: Any, run: Run) -> Outcome:
    """What the function returns is what the training gave.

    Args:
        returned: the epochs and the accuracy that the file claims.
        run: the training as it was measured; the last `fit` counts where there were several.

    >>> from grader.run import End
    >>> match_training([[0, 1], 0.999], Run(seed=7, end=End(kind="completed"))).message
    'the function returned accuracy 0.999 after 2 epochs, but nothing was trained'
    """
    if _fault(returned) is not None:
        return undecided("not judged: what was returned is not a list of epochs and an accuracy")
    epochs, accuracy = list(returned[0]), returned[1]
    claim = f"the function returned accuracy {figure(accuracy)} after {len(epochs)} epoch{'s' * (len(epochs) != 1)}"
    if run.training is None or not run.training.epochs:
        return failed(f"{claim}, but nothing was trained", expected="a training with `model.fit`", got=shown(returned))
    measured = [int(logs.get("epoch", index)) for index, logs in enumerate(run.training.epochs)]
    cut = {epoch.at: epoch.figures for epoch in run.training.cut_epochs}
    last = {**run.training.epochs[-1], **cut.get(len(measured) - 1, {})}.get("accuracy")
    truth = f"{shown(measured)} and {'no accuracy' if last is None else f'{last:.6f}'}"
    if epochs not in (measured, _last_fit(measured)):
        message = f"{claim}, but the training ran for {len(measured)}: the list of epochs differs"
        return failed(message, expected=truth, got=shown(returned), hint=f"Write `{RETURN}`.")
    if last is None or abs(accuracy - last) > TOLERANCE:
        message = f"{claim}, but the last epoch's accuracy was {'not logged' if last is None else figure(last)}"
        return failed(message, expected=truth, got=shown(returned), hint=f"Write `{RETURN}`.")
    return passed("the returned epochs and accuracy are those of the training", got=shown(returned))


def _last_fit(epochs: list[int]) -> list[int]:
    """The epochs since the numbers last went back, as a second `fit` does."""
    starts = [index for index in range(1, len(epochs)) if epochs[index] <= epochs[index - 1]]
    return epochs[starts[-1] :] if starts else epochs
