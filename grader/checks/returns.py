"""Checks of what the graded function returned; the value is plain data that came from student code."""

from __future__ import annotations

import math
from typing import Any

from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass, report_undecided
from grader.checks.wording import escape_name, format_figure, format_value
from grader.records.run import Run
from grader.records.verdict import TrainingRecord

EXPECTED_FORM = "(list of epoch numbers, last accuracy)"
# What calling a function of images gives, as it arrives where it is too large to be sent.
ARRAY_CLASSES = ("ndarray", "EagerTensor", "SymbolicTensor", "list")
RETURN_EXAMPLE = "return history.epoch, history.history['accuracy'][-1]"
ACCURACY_TOLERANCE = 1e-4
ROUNDED_TOLERANCE = 1e-6  # of a rounded number that was a float32


@register_check("returns.shape")
def check_return_form(returned: Any, run: Run | None = None) -> CheckOutcome:
    """The function returns the list of epochs and the last accuracy.

    Args:
        returned: the value, a tuple as a list.
        run: whether anything was given to `fit`; without that there is nothing to return.

    >>> check_return_form([[0, 1, 2], 0.9912]).status
    'passed'
    >>> check_return_form(None).message
    'the function returned nothing (None)'
    """
    fault = _find_fault(returned)
    if fault is None:
        return report_pass("the function returned a list of epochs and an accuracy", got=format_value(returned))
    if returned is None and run is not None and run.architecture is None:
        fault = "`model.fit` was never called, so there is nothing to return"
        hint = f"Call `history = model.fit(...)`, and end the function with `{RETURN_EXAMPLE}`."
        return report_failure(fault, expected=EXPECTED_FORM, got=format_value(returned), hint=hint)
    return report_failure(
        fault, expected=EXPECTED_FORM, got=format_value(returned), hint=f"End the function with `{RETURN_EXAMPLE}`."
    )


def _find_fault(value: Any) -> str | None:
    """What is wrong with the form of a returned value, in words."""
    if value is None:
        return "the function returned nothing (None)"
    if isinstance(value, dict):
        return f"the function returned one object ({_describe_type(value)}), not two values"
    if not isinstance(value, (list, tuple)):
        return f"the function returned {_describe_type(value)}, not two values"
    if len(value) != 2:
        return f"the function returned {len(value)} value{'s' * (len(value) != 1)}, not 2"
    return _find_epochs_fault(value[0]) or _find_accuracy_fault(value[1])


def _find_epochs_fault(value: Any) -> str | None:
    if not isinstance(value, (list, tuple)):
        return f"the first value is {_describe_type(value)}, not the list of epochs (`history.epoch`)"
    if not value:
        return "the list of epochs is empty"
    # `bool` is a subclass of `int`, but True is no epoch.
    if not all(isinstance(item, int) and not isinstance(item, bool) for item in value):
        return "the list of epochs holds something other than whole numbers"
    return None


def _find_accuracy_fault(value: Any) -> str | None:
    if isinstance(value, (list, tuple)):
        return "the second value is a list; take its last number with `[-1]`"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"the second value is {_describe_type(value)}, not a number"
    if math.isnan(value):
        return "the second value is NaN, not an accuracy"
    if 1 < value <= 100:
        return f"the accuracy is {format_value(value)}; write it as a share from 0 to 1, as Keras does"
    if not 0 <= value <= 1:
        return f"the accuracy is {format_value(value)}, not a number from 0 to 1"
    return None


def _describe_type(value: Any) -> str:
    """What a value is, in words; an object that isn't plain data arrives as `{"type": its class}`."""
    if isinstance(value, dict):
        return f"of class {escape_name(value['type'])}" if isinstance(value.get("type"), str) else "a dict"
    words = {str: "text", bool: "true or false", int: "a whole number", float: "a number", type(None): "None"}
    return words.get(type(value), "another kind of object")


@register_check("returns.history")
def check_returned_history(returned: Any, run: Run) -> CheckOutcome:
    """The function returns the History of its training.

    Args:
        returned: the value, a History with its epochs and figures.
        run: the training as it was measured.

    >>> from grader.records.run import RunEnd
    >>> check_returned_history([[0], 0.99], Run(seed=7, end=RunEnd(kind="completed"))).message
    'the function returned another kind of object, not the History that `fit` gives'
    """
    expected = "the History object that `model.fit` gives"
    hint = "Keep what `fit` gives, `history = model.fit(...)`, and end the function with `return history`."
    if not (isinstance(returned, dict) and returned.get("type") == "History"):
        kind = "nothing (None)" if returned is None else _describe_type(returned)
        message = f"the function returned {kind}, not the History that `fit` gives"
        return report_failure(message, expected=expected, got=kind, hint=hint)
    if run.training is None or not run.training.epochs:
        return report_undecided("not judged: nothing was trained")
    measured = [int(logs.get("epoch", index)) for index, logs in enumerate(run.training.epochs)]
    if returned.get("epoch") not in (measured, _find_last_fit(measured)):
        message = f"the function returned a History of other epochs than the training's {len(measured)}"
        return report_failure(message, expected=expected, got=format_value(returned.get("epoch")), hint=hint)
    return report_pass("the function returned the History of its training")


@register_check("returns.match_training")
def check_matches_training(returned: Any, run: Run) -> CheckOutcome:
    """The returned epochs and accuracy are those of the training.

    Args:
        returned: the epochs and the accuracy that the file claims.
        run: the training as it was measured; the last `fit` counts where there were several.

    >>> from grader.records.run import RunEnd
    >>> check_matches_training([[0, 1], 0.999], Run(seed=7, end=RunEnd(kind="completed"))).message
    'the function returned accuracy 0.999 after 2 epochs, but nothing was trained'
    """
    if _find_fault(returned) is not None:
        return report_undecided("not judged: the function didn't return a list of epochs and an accuracy")
    epochs, accuracy = list(returned[0]), returned[1]
    claim = (
        f"the function returned accuracy {format_figure(accuracy)} after {len(epochs)} epoch{'s' * (len(epochs) != 1)}"
    )
    if run.training is None or not run.training.epochs:
        return report_failure(
            f"{claim}, but nothing was trained",
            expected="a training with `model.fit`",
            got=format_value(returned),
            hint=f"Train with `history = model.fit(...)`, and write `{RETURN_EXAMPLE}`.",
        )
    measured = [int(logs.get("epoch", index)) for index, logs in enumerate(run.training.epochs)]
    last = _find_last_accuracy(run.training)
    truth = f"{format_value(measured)} and {'no accuracy' if last is None else f'{last:.6f}'}"
    # `history` of a second `fit` holds its own epochs only; both ways to report are honest.
    if epochs not in (measured, _find_last_fit(measured)):
        message = f"{claim}, but the training ran for {len(measured)}: the list of epochs differs"
        return report_failure(message, expected=truth, got=format_value(returned), hint=f"Write `{RETURN_EXAMPLE}`.")
    if last is None or not _is_same_accuracy(accuracy, last):
        message = f"{claim}, but the last epoch's accuracy was {'not logged' if last is None else format_figure(last)}"
        return report_failure(message, expected=truth, got=format_value(returned), hint=f"Write `{RETURN_EXAMPLE}`.")
    return report_pass("what the function returned is what the training gave", got=format_value(returned))


def _find_last_accuracy(training: TrainingRecord) -> float | None:
    """The accuracy that `history` ends with."""
    # It shows the figures of a cut last epoch too, so a student who returns those tells the truth.
    cut = {epoch.at: epoch.figures for epoch in training.cut_epochs}
    return {**training.epochs[-1], **cut.get(len(training.epochs) - 1, {})}.get("accuracy")


def _is_same_accuracy(said: float, last: float) -> bool:
    """Whether a figure is the accuracy, also where it was rounded to three places.

    >>> _is_same_accuracy(0.831, 0.83143), _is_same_accuracy(0.8318, 0.83143)
    (True, False)
    """
    return abs(said - last) <= ACCURACY_TOLERANCE or abs(said - round(last, 3)) <= ROUNDED_TOLERANCE


def _find_last_fit(epochs: list[int]) -> list[int]:
    """Returns the epochs of the last `fit`, which starts where the numbers go back."""
    starts = [index for index in range(1, len(epochs)) if epochs[index] <= epochs[index - 1]]
    return epochs[starts[-1] :] if starts else epochs


@register_check("returns.accuracy")
def check_returned_accuracy(returned: Any, run: Run) -> CheckOutcome:
    """The function returns the last accuracy of its training.

    Args:
        returned: the value, an accuracy, or the list of epochs and an accuracy.
        run: the training as it was measured.

    >>> from grader.records.run import RunEnd
    >>> check_returned_accuracy(None, Run(seed=7, end=RunEnd(kind="completed"))).message
    'the function returned nothing (None)'
    """
    expected = "the accuracy of the last epoch"
    hint = "End the function with `return history.history['accuracy'][-1]`."
    pair = isinstance(returned, (list, tuple)) and len(returned) == 2 and _find_epochs_fault(returned[0]) is None
    value = returned[1] if pair else returned
    if value is None:
        return report_failure("the function returned nothing (None)", expected=expected, got="None", hint=hint)
    if (fault := _find_accuracy_fault(value)) is not None:
        fault = fault.replace("the second value is", "the returned value is")
        return report_failure(fault, expected=expected, got=format_value(returned), hint=hint)
    if run.training is None or not run.training.epochs:
        message = f"the function returned accuracy {format_figure(value)}, but nothing was trained"
        return report_failure(message, expected=expected, got=format_value(returned), hint=hint)
    last = _find_last_accuracy(run.training)
    if last is None or not _is_same_accuracy(value, last):
        truth = "not logged" if last is None else format_figure(last)
        message = f"the function returned accuracy {format_figure(value)}, but the last epoch's was {truth}"
        return report_failure(message, expected=expected, got=format_value(returned), hint=hint)
    return report_pass("what the function returned is what the training gave", got=format_value(returned))


@register_check("returns.curve")
def check_returned_curve(returned: Any, *, fewer_than: int) -> CheckOutcome:
    """The function returns what recognises images, and the accuracy of each epoch that it trained.

    Args:
        returned: the value, a tuple as a list; the first part is what the held-out images are given to.
        fewer_than: there must be fewer epochs than this.

    >>> check_returned_curve([{"type": "function"}, [0.81, 0.85]], fewer_than=10).status
    'passed'
    >>> check_returned_curve([{"type": "function"}, [81.0, 85.0]], fewer_than=10).message
    'the list of accuracies holds something other than figures from 0 to 1'
    """
    found = _find_curve_fault(returned, fewer_than)
    if found is None:
        return report_pass(f"the function reports {len(returned[1])} epochs", got=format_value(returned[1]))
    fault, hint = found
    return report_failure(fault, expected="(function, list of accuracies)", got=format_value(returned), hint=hint)


def _find_curve_fault(value: Any, fewer_than: int) -> tuple[str, str] | None:
    """What is wrong, and the way out."""
    end = "End the function with `return predict, accuracies`: a function of images, and one accuracy per epoch."
    once = "At the end of each epoch, after the loop over the batches, write `accuracies.append(float(metric.result()))`."
    if value is None:
        return "the function returned nothing (None)", end
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return "the function didn't return two values", end
    predict, curve = value
    if not isinstance(predict, dict) or predict.get("type") in ARRAY_CLASSES:
        return "the first value is not a function that recognises images", "Return `predict` itself, without brackets: they would call it."
    if isinstance(curve, (list, tuple)) and not curve:
        return "the list of accuracies is empty", once
    if not isinstance(curve, (list, tuple)):
        return f"the second value is {_describe_type(curve)}, not a short list of accuracies", once
    if not all(type(each) in (int, float) and 0 <= each <= 1 for each in curve):
        return "the list of accuracies holds something other than figures from 0 to 1", once
    if len(curve) >= fewer_than:
        return f"the list holds {len(curve)} accuracies, one per epoch; expected fewer than {fewer_than} epochs", once
    return None
