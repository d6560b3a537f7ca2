"""Checks of functions that return models: that they do, and what they return for each of several arguments."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from grader.checks.registry import Outcome, check, failed, passed, undecided
from grader.checks.tables import Row, compare, difference, side_by_side, spread
from grader.checks.wording import counted, name, shown
from grader.run import Built


@check("returns.model")
def model(returned: Any) -> Outcome:
    """The function returns a compiled model.

    Args:
        returned: the grader's note on the first thing that was returned, or on the first that was no such model.

    >>> model({"call": {}, "returned": "Sequential", "model": True, "compiled": True}).status
    'passed'
    >>> model({"call": {"filters": 16}, "returned": None, "model": False, "compiled": False}).message
    'the function returned nothing (None) for filters=16'
    """
    if not isinstance(returned, dict) or not {"call", "returned", "model", "compiled"} <= returned.keys():
        return undecided("not judged: what the function returned was not noted")
    got = returned["returned"]
    when = f" for {in_words(returned['call'])}" if returned["call"] else ""
    if returned["model"] and returned["compiled"]:
        return passed(f"the function returned a {name(str(got))} model", got=name(str(got)))
    expected = "a compiled model of keras.Sequential or keras.Model"
    if returned["model"]:
        hint = "Call `model.compile(...)` before `return model`."
        return failed(
            f"the function returned a model that is not compiled{when}",
            expected=expected,
            got=name(str(got)),
            hint=hint,
        )
    if got is None:
        hint = "End the function with `return model`."
        return failed(f"the function returned nothing (None){when}", expected=expected, got="None", hint=hint)
    kind = f"an object of class {name(str(got['type']))}" if isinstance(got, dict) and "type" in got else shown(got)
    hint = "Return the model itself: not its layers, its summary or what `fit` gives."
    return failed(f"the function returned {kind}, not a model{when}", expected=expected, got=kind, hint=hint)


def in_words(call: Any) -> str:
    """The arguments of a call.

    >>> in_words({"filters": 16, "convolutions": 0})
    'filters=16, convolutions=0'
    """
    return (
        ", ".join(f"{name(str(key))}={shown(value)}" for key, value in call.items()) if isinstance(call, dict) else ""
    )


class Total(Struct, frozen=True, kw_only=True):
    """The parameters that the model for some arguments must have."""

    call: dict[str, int]
    equal: int


@check("models.table")
def table(models: list[Built], *, rows: list[Row], calls: int, totals: list[Total] | None = None) -> Outcome:
    """Each model has the layers that its arguments ask for.

    Args:
        models: what the function returned, call by call.
        rows: the layers; `=name` stands for an argument, and a group of rows comes `times` over.
        calls: how many models there must be.
        totals: the parameters of some of the models, as a summary prints them.

    >>> from grader.run import Architecture, Layer
    >>> dense = Architecture(layers=[Layer(kind="Dense", name="d", config={"units": 16})], parameters=1)
    >>> built = Built(call={"units": 32}, architecture=dense)
    >>> table([built], rows=[Row(layer="Dense", units="=units")], calls=1).message
    'units=32: layer 1 (Dense) has units 16; 32 is asked for'
    """
    wrong = [fault for built in models if (fault := _fault(built, rows, totals or [])) is not None]
    if wrong:
        more = f" (and {counted(len(wrong) - 1, 'other model')} with a difference)" if len(wrong) > 1 else ""
        expected = "the layers of the exercise, for every call"
        return failed(wrong[0][0] + more, expected=expected, got=wrong[0][1])
    if len(models) < calls:
        return undecided(f"not judged: only {counted(len(models), 'model')} of {calls} came")
    return passed(f"the layers of {counted(len(models), 'model')} are those that were asked for")


def _fault(built: Built, rows: list[Row], totals: list[Total]) -> tuple[str, str] | None:
    """How a model differs from what its call asks for, in a sentence and as what was found."""
    pairs = compare(spread(rows, built.call), built.architecture.layers)
    if (found := difference(pairs)) is not None:
        return f"{in_words(built.call)}: {found}", side_by_side(pairs)
    number = built.architecture.parameters
    for total in totals:
        if total.call == built.call and total.equal != number:
            return (
                f"{in_words(built.call)}: the model has {number:,} parameters; {total.equal:,} are asked for",
                f"{number:,}",
            )
    return None
