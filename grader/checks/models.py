"""Checks of functions that return models: that they do, and what they return for each of several arguments."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass, report_undecided
from grader.checks.tables import (
    ExpectedLayer,
    compare_layers,
    describe_first_difference,
    expand_rows,
    format_side_by_side,
)
from grader.checks.wording import escape_name, format_count, format_value
from grader.records.clues import Symptom
from grader.records.run import BuiltModel


@register_check("returns.model")
def check_returned_model(returned: Any) -> CheckOutcome:
    """The function returns a compiled model.

    Args:
        returned: the grader's note on the first thing that was returned, or on the first that was no such model.

    >>> check_returned_model({"call": {}, "returned": "Sequential", "model": True, "compiled": True}).status
    'passed'
    >>> check_returned_model({"call": {"filters": 16}, "returned": None, "model": False, "compiled": False}).message
    'the function returned nothing (None) for filters=16'
    """
    # The value passed through the student's process, so its form can't be trusted.
    if not isinstance(returned, dict) or not {"call", "returned", "model", "compiled"} <= returned.keys():
        return report_undecided("not judged: the function's result is not known")
    got = returned["returned"]
    when = f" for {describe_call(returned['call'])}" if returned["call"] else ""
    if returned["model"] and returned["compiled"]:
        return report_pass(f"the function returned a {escape_name(str(got))} model", got=escape_name(str(got)))
    expected = "a compiled model of keras.Sequential or keras.Model"
    if returned["model"]:
        hint = "Call `model.compile(...)` before `return model`."
        return report_failure(
            f"the function returned a model that is not compiled{when}",
            expected=expected,
            got=escape_name(str(got)),
            hint=hint,
        )
    if got is None:
        hint = "End the function with `return model`."
        return report_failure(f"the function returned nothing (None){when}", expected=expected, got="None", hint=hint)
    kind = _describe_kind(got)
    hint = "Return the model itself: not its layers, its summary or what `fit` gives."
    return report_failure(f"the function returned {kind}, not a model{when}", expected=expected, got=kind, hint=hint)


def _describe_kind(got: Any) -> str:
    """What came in the place of a model, in words; an object that isn't plain data arrives as `{"type": its class}`."""
    match got:
        case {"type": kind}:
            return f"an object of class {escape_name(str(kind))}"
        case [{"type": kind}, *_]:
            return f"a list ({escape_name(str(kind))}, ...)" if len(got) > 1 else f"a list ({escape_name(str(kind))})"
    return format_value(got)


def describe_call(call: Any) -> str:
    """The arguments of a call.

    >>> describe_call({"filters": 16, "convolutions": 0})
    'filters=16, convolutions=0'
    """
    return (
        ", ".join(f"{escape_name(str(key))}={format_value(value)}" for key, value in call.items())
        if isinstance(call, dict)
        else ""
    )


class ParameterTotal(Struct, frozen=True, kw_only=True):
    """The parameters that the model for some arguments must have."""

    call: dict[str, int]
    equal: int


@register_check("models.table")
def check_model_layers(
    models: list[BuiltModel], *, rows: list[ExpectedLayer], calls: int, totals: list[ParameterTotal] | None = None
) -> CheckOutcome:
    """Each model has the layers that its arguments ask for.

    Args:
        models: what the function returned, call by call.
        rows: the layers; `=name` stands for an argument, and a group of rows comes `times` over.
        calls: how many models there must be.
        totals: the parameters of some of the models, as a summary prints them.

    >>> from grader.records.run import Architecture, ModelLayer
    >>> dense = Architecture(layers=[ModelLayer(kind="Dense", name="d", config={"units": 16})], parameters=1)
    >>> built = BuiltModel(call={"units": 32}, architecture=dense)
    >>> check_model_layers([built], rows=[ExpectedLayer(layer="Dense", units="=units")], calls=1).message
    'units=32: layer 1 (Dense) has units 16; expected 32'
    """
    # Differences come before missing models: one wrong model is a reason to fail, a missing one only to not judge.
    wrong = [fault for built in models if (fault := _find_fault(built, rows, totals or [])) is not None]
    if wrong:
        more = f" ({format_count(len(wrong) - 1, 'other model')} with differences, too)" if len(wrong) > 1 else ""
        expected = "the layers of the exercise, for every call"
        return report_failure(wrong[0][0] + more, expected=expected, got=wrong[0][1], symptom=Symptom.WRONG_MODEL)
    if len(models) < calls:
        return report_undecided(f"not judged: only {format_count(len(models), 'model')} of {calls} came")
    return report_pass(f"the layers of {format_count(len(models), 'model')} are as expected")


def _find_fault(built: BuiltModel, rows: list[ExpectedLayer], totals: list[ParameterTotal]) -> tuple[str, str] | None:
    """How a model differs from what its call asks for, in a sentence and as what was found."""
    pairs = compare_layers(expand_rows(rows, built.call), built.architecture.layers)
    if (found := describe_first_difference(pairs)) is not None:
        return f"{describe_call(built.call)}: {found}", format_side_by_side(pairs)
    number = built.architecture.parameters
    for total in totals:
        if total.call == built.call and total.equal != number:
            return (
                f"{describe_call(built.call)}: the model has {number:,} parameters; expected {total.equal:,}",
                f"{number:,}",
            )
    return None
