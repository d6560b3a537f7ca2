"""What a function says of the inside of a model, beside what the trainer found there."""

from __future__ import annotations

import pytest

from grader.checks.activations import check_activation_shapes, check_activation_values
from grader.records.run import Activations, LayerActivations


def maps(layer, shape, got, difference=0.0):
    return LayerActivations(
        layer=layer, kind="Conv2D", shape=shape, got=got, difference=difference if shape == got else None
    )


CONV = maps("conv_1", [3, 26, 26, 8], [3, 26, 26, 8])


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (Activations(layers=[CONV], fault="it returned nothing (None), not a list"),
         "the function gave no arrays: it returned nothing (None), not a list"),
        (Activations(layers=[CONV], came=6), "6 arrays came; expected 1, one for each convolution and pooling"),
        (Activations(layers=[maps("conv_1", [3, 26, 26, 8], [26, 26, 8])], came=1),
         "the array for conv_1 has shape (26, 26, 8); expected (3, 26, 26, 8)"),
    ],
)  # fmt: skip
def test_what_came_instead_is_named(found, message):
    """A wrong form, a wrong number, a wrong shape; values aren't judged then."""
    assert (check_activation_shapes(found).status, check_activation_shapes(found).message) == ("failed", message)
    if found.came <= 1:
        assert check_activation_values(found).message == "not judged: arrays of other shapes can't be compared"


def test_differences_of_rounding_pass():
    """Two processes need not add in the same order."""
    near = Activations(layers=[maps("conv_1", [1, 2, 2, 1], [1, 2, 2, 1], 2e-5)], came=1)
    assert (check_activation_shapes(near).status, check_activation_values(near).status) == ("passed", "passed")


@pytest.mark.parametrize("difference", [0.25, float("inf")])
def test_other_numbers_fail(difference):
    """Also those that are none."""
    far = Activations(layers=[CONV, maps("pool_1", [1, 2, 2, 1], [1, 2, 2, 1], difference)], came=2)
    assert (
        check_activation_values(far).message
        == f"the numbers for pool_1 differ from the layer's output by up to {difference}"
    )


@pytest.mark.parametrize(
    ("found", "fact"),
    [
        (Activations(layers=[CONV], fault="it returned one ndarray, not a list"), "`return activation_model.predict(images)`"),
        (Activations(layers=[CONV, CONV], came=1), "all `MaxPooling2D`"),
        (Activations(layers=[maps("conv_1", [3, 26, 26, 8], [1, 26, 26, 8])], came=1), "all 3 images"),
        (Activations(layers=[maps("a", [3, 4, 4, 8], [3, 2, 2, 8]), maps("b", [3, 2, 2, 8], [3, 4, 4, 8])], came=2), "order"),
    ],
)
def test_each_wrong_form_has_its_own_way_out(found, fact):
    """The exercise's hint, which is about layers too many, would lead astray."""
    outcome = check_activation_shapes(found)

    assert (fact in (outcome.hint or ""), outcome.beside) == (True, True)


def test_too_many_arrays_have_the_hint_of_the_exercise():
    """It tells which layers put out no maps."""
    assert (check_activation_shapes(Activations(layers=[CONV], came=6)).hint, check_activation_shapes(Activations(layers=[CONV], came=6)).beside) == (None, False)
