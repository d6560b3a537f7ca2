"""What functions that return models gave, call by call."""

from __future__ import annotations

import pytest

from grader.checks.models import ParameterTotal, check_model_layers, check_returned_model
from grader.checks.tables import ExpectedLayer
from grader.records.run import Architecture, BuiltModel, ModelLayer


def returned(value, *, is_model=False, compiled=False, call=None):
    return {"call": call or {}, "returned": value, "model": is_model, "compiled": compiled}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (returned(None), "the function returned nothing (None)"),
        (returned([1, 2]), "the function returned [1, 2], not a model"),
        (returned({"type": "History"}), "the function returned an object of class History, not a model"),
        (returned("Sequential", is_model=True, call={"filters": 16}),
         "the function returned a model that is not compiled for filters=16"),
    ],
)  # fmt: skip
def test_what_is_no_compiled_model_is_named(value, message):
    """With what was returned, and for which arguments."""
    outcome = check_returned_model(value)
    assert (outcome.status, outcome.message) == ("failed", message)
    assert outcome.hint


def test_a_compiled_model_passes():
    """Of whatever class of Keras."""
    assert check_returned_model(returned("Functional", is_model=True, compiled=True)).message == "the function returned a Functional model"


def test_without_a_note_nothing_is_judged():
    """A value in another form comes from elsewhere."""
    assert check_returned_model([0, 1]).message == "not judged: the function's result is not known"


def built(wide, parameters=10, **call):
    layer = ModelLayer(kind="Dense", name="dense", config={"units": wide})
    return BuiltModel(call=call, architecture=Architecture(layers=[layer], parameters=parameters))


ROWS = [ExpectedLayer(layer="Dense", units="=units")]


def test_each_model_is_compared_with_its_own_arguments():
    """The first that differs is told, and how many others do."""
    models = [built(16, units=16), built(16, units=32), built(16, units=64)]
    outcome = check_model_layers(models, rows=ROWS, calls=3)
    assert outcome.message == "units=32: layer 1 (Dense) has units 16; expected 32 (1 other model with differences, too)"
    assert "! Dense 32  | Dense 16" in outcome.got


def test_totals_are_compared_for_their_call():
    """A model whose layers agree may still lack its biases."""
    outcome = check_model_layers([built(16, 9, units=16)], rows=ROWS, calls=1, totals=[ParameterTotal(call={"units": 16}, equal=10)])
    assert outcome.message == "units=16: the model has 9 parameters; expected 10"


def test_a_run_that_ended_early_is_not_judged_by_what_is_missing():
    """Right models are no proof for those that never came."""
    assert check_model_layers([built(16, units=16)], rows=ROWS, calls=2).message == "not judged: only 1 model of 2 came"
    assert check_model_layers([built(16, units=16)], rows=ROWS, calls=1).message == "the layers of 1 model are as expected"
