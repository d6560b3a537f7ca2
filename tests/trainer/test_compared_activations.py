"""The trainer's own activations, and how others differ from them."""

from __future__ import annotations

import numpy as np
import pytest

from grader.data import load_dataset
from grader.protocol.wire import Compare

pytestmark = pytest.mark.keras
ASKED = Compare(images=[0, 23], scale=255.0, channel=1, arrays=[])


@pytest.fixture
def model():
    from grader.data import supplied_model

    return supplied_model.build_supplied_model()


def compared(model, given):
    from grader.trainer.activations import compare_activations

    return compare_activations(model, load_dataset("fashion_mnist"), ASKED, given).layers


def own(model):
    import keras

    images = load_dataset("fashion_mnist").x_test[[0, 23]][..., np.newaxis].astype("float32") / 255
    outputs = [layer.output for layer in model.layers if layer.name.startswith(("conv", "pool"))]
    return [np.asarray(array) for array in keras.Model(model.inputs, outputs).predict_on_batch(images)]


def test_right_arrays_do_not_differ(model):
    """Each convolution and pooling, in the model's order, with a map per image for a picture."""
    found = compared(model, own(model))
    assert [(layer.layer, layer.shape) for layer in found] == [
        ("conv_1", [2, 26, 26, 8]), ("pool_1", [2, 13, 13, 8]), ("conv_2", [2, 11, 11, 8]), ("conv_3", [2, 9, 9, 8]), ("pool_2", [2, 4, 4, 8]),
    ]  # fmt: skip
    assert all(layer.got == layer.shape and layer.difference < 1e-5 for layer in found)
    assert np.asarray(found[0].maps).shape == (2, 26, 26)
    assert found[0].given == found[0].maps


def test_wrong_arrays_say_how_far_they_are_off(model):
    """Other shapes have no difference, missing ones nothing at all, and what isn't a number is infinitely far."""
    arrays = own(model)
    found = compared(model, [arrays[0] + 0.5, arrays[1][:1], np.full_like(arrays[2], np.nan)])
    assert found[0].difference == pytest.approx(0.5, abs=1e-4)
    assert (found[1].got, found[1].difference) == ([1, 13, 13, 8], None)
    assert found[2].difference == float("inf")
    assert (found[1].given, found[2].given) == ([], [[[None] * 11] * 11] * 2)
    assert (found[3].got, found[3].difference) == (None, None)


def test_numbers_that_are_too_large_are_cut_for_the_picture(model):
    """What the run keeps of a function's numbers can be written and drawn, whatever they are."""
    arrays = own(model)
    wild = arrays[3].astype("float64")
    wild[0, 0, 0, 1], wild[0, 0, 1, 1], wild[0, 0, 2, 1] = 1e300, float("-inf"), float("nan")
    assert compared(model, [*arrays[:3], wild])[3].given[0][0][:3] == [1e6, None, None]


def test_which_images_and_channel_is_told(model):
    """A page can name what it shows."""
    from grader.trainer.activations import compare_activations

    found = compare_activations(model, load_dataset("fashion_mnist"), ASKED, [])
    assert (found.images, found.channel) == ([0, 23], 1)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, "it returned nothing (None), not a list"),
        ({"a": 1}, "it returned one dict, not a list"),
        ([np.zeros(1)] * 101, "it returned a list of 101 items, more than there are layers"),
        ([np.zeros(2), "map"], "item 2 of its list is not an array of numbers (str)"),
        ([np.array(["a"])], "item 1 of its list is not an array of numbers (ndarray)"),
    ],
)
def test_what_is_no_list_of_arrays_is_named(value, fault):
    """Nothing of it crosses the border."""
    from grader.student.modelling import collect_maps

    cargo, told = collect_maps(value)
    assert (cargo.buffers, told) == ([], fault)


def test_a_model_with_other_settings_is_refused():
    """Kernels that begin as zeros make maps that can be given without a look at the model."""
    import keras

    from grader.data import supplied_model
    from grader.trainer.activations import ModelNotComparable

    other = supplied_model.build_supplied_model()
    config = other.get_config()
    config["layers"][1]["config"]["kernel_initializer"] = "zeros"
    with pytest.raises(ModelNotComparable, match="other settings than the grader's own"):
        compared(keras.Sequential.from_config(config), [])


def test_a_model_whose_maps_are_the_same_everywhere_is_refused(model):
    """A model of the right settings may have been trained to death, by a huge learning rate or by other images."""
    from grader.trainer.activations import ModelNotComparable

    model.get_layer("conv_2").bias.assign(np.full(8, -1e6))
    with pytest.raises(ModelNotComparable, match="the same number everywhere"):
        compared(model, own(model))
