"""Checks of a model that predicts numbers: what the trained model says, and whether the function says the same."""

from __future__ import annotations

import math
from typing import Any

from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass
from grader.checks.wording import format_figure, format_value
from grader.records.run import Predictions

RELATIVE_TOLERANCE = 1e-3
MAX_FACTOR_ERROR = 0.1  # how far from a power of ten a factor may be that is one of units
MAX_POWER = 9  # beyond it a training has diverged
BROUGHT = "the model predicts {} before it is trained, so the number comes from its first weights and not from learning"
DRAWN_HINT = "Leave out `kernel_initializer` and `bias_initializer`; Keras then draws the first weights by chance."


@register_check("predicted.near")
def check_prediction(predicted: Predictions, *, value: float, within: float) -> CheckOutcome:
    """The trained model predicts a value near the right one.

    Args:
        predicted: what the trained model says to the numbers that the function was given.
        value: what is right for the first of them.
        within: how far from it the prediction may lie.

    >>> check_prediction(Predictions(inputs=[7.0], outputs=[400.2]), value=4.0, within=0.2).message
    'the trained model predicts 400.2 for 7; about 4 is right'
    """
    asked, got = predicted.inputs[0], predicted.outputs[0]
    said = f"the trained model predicts {format_figure(got)} for {asked:g}"
    # Where nought is right an honest model may begin with it.
    if abs(value) > within and predicted.untrained and all(abs(each - value) <= within for each in predicted.untrained):
        said, expected = BROUGHT.format(format_figure(predicted.untrained[0])), f"{value:g}, by learning"
        return report_failure(said, expected=expected, got=format_figure(got), hint=DRAWN_HINT)
    if math.isfinite(got) and abs(got - value) <= within:
        return report_pass(said, got=format_figure(got))
    return report_failure(
        f"{said}; about {value:g} is right",
        expected=f"{value:g}, give or take {within:g}",
        got=format_figure(got),
        hint=_explain_factor(got, value),
    )


def _explain_factor(got: float, value: float) -> str | None:
    """What to say of a prediction that is right but for a power of ten.

    >>> _explain_factor(399_000.0, 4.0), _explain_factor(3.1, 4.0)
    ('That is about 100,000 times what is right: in which unit are the numbers of the training?', None)
    """
    ratio = got / value if value else math.nan
    if not math.isfinite(ratio) or ratio <= 0:
        return None
    power = round(math.log10(ratio))
    if not power or abs(power) > MAX_POWER or abs(ratio / 10**power - 1) > MAX_FACTOR_ERROR:
        return None
    times = f"{10**power:,} times" if power > 0 else f"a {10**-power:,}th of"
    return f"That is about {times} what is right: in which unit are the numbers of the training?"


@register_check("predicted.match_return")
def check_returned_prediction(returned: Any, predicted: Predictions | None) -> CheckOutcome:
    """What the function returns is what the trained model predicts.

    Args:
        returned: a number, or a list of one.
        predicted: what the trained model says; nothing where nothing was trained.

    >>> check_returned_prediction([4.01], None).message
    'the function returned 4.01, but nothing was trained'
    """
    expected = "the prediction of the trained model"
    shown = "nothing (None)" if returned is None else format_value(returned)
    number = returned
    while isinstance(number, list) and len(number) == 1:
        number = number[0]
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        hint = "End the function with `return model.predict(y_new)[0]`."
        return report_failure(
            f"the function returned {shown}, not a prediction", expected=expected, got=shown, hint=hint
        )
    if predicted is None:
        return report_failure(
            f"the function returned {format_figure(number)}, but nothing was trained", expected=expected, got=shown
        )
    got = predicted.outputs[0]
    # A model that has diverged says something that isn't a number, and a function that says so is honest.
    same = not (math.isfinite(got) or math.isfinite(number))
    if same or math.isclose(got, number, rel_tol=RELATIVE_TOLERANCE, abs_tol=RELATIVE_TOLERANCE):
        return report_pass("the function returned what the trained model predicts", got=format_figure(number))
    return report_failure(
        f"the function returned {format_figure(number)}, and the trained model predicts {format_figure(got)}",
        expected=format_figure(got),
        got=shown,
    )
