"""A model is tried for answers that depend on other examples of the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import Input, layers, ops  # noqa: E402
from keras_samples import MODELS, shape  # noqa: E402

from grader.trainer.order.model_json import OrderRefused, parse_model_json  # noqa: E402
from grader.trainer.training.neighbours import mixes_examples, refuse_mixing_layers  # noqa: E402

pytestmark = pytest.mark.keras
IMAGES = np.random.default_rng(0).random((64, 28, 28)).astype("float32")


def model(body: Any) -> Any:
    keras.utils.set_random_seed(7)
    inputs = Input((28, 28))
    return keras.Model(inputs, body(layers.Dense(10)(layers.Flatten()(inputs))))


HONEST = {
    "plain": layers.Softmax(),
    "logits of any size": lambda h: h * 1e6,
    "dropout and batch normalisation": lambda h: layers.BatchNormalization()(layers.Dropout(0.5)(h)),
    "not a number": lambda h: ops.log(h),
}


@pytest.mark.parametrize("how", HONEST)
def test_an_answer_of_its_own(how: str) -> None:
    """Rounding, scale and layers that act in training alone are no dependence."""
    assert not mixes_examples(model(HONEST[how]), IMAGES)


MIXING = {
    "mean": lambda h: layers.Softmax()(h + 20 * ops.mean(h, axis=0, keepdims=True)),
    "turned": lambda h: h + ops.flip(h, axis=0),
    "place": lambda h: h + ops.reshape(ops.cumsum(ops.ones_like(h[:, 0])), (-1, 1)),
}


@pytest.mark.parametrize("how", MIXING)
def test_an_answer_that_others_change(how: str) -> None:
    """Neighbours count, and so does the place in the batch."""
    assert mixes_examples(model(MIXING[how]), IMAGES)


def test_a_gate_that_opens_in_the_training() -> None:
    """What is multiplied by zero at first shows once it isn't; the model is as it was afterwards."""
    gated = model(
        lambda h: h + layers.Dense(10, kernel_initializer="zeros", name="gate")(ops.mean(h, 0, keepdims=True))
    )
    before = mixes_examples(gated, IMAGES)
    gated.get_layer("gate").set_weights([np.full((10, 10), 3.0), np.zeros(10)])

    assert (before, mixes_examples(gated, IMAGES)) == (False, True)


def try_layers(made: Any, examples: Any = IMAGES) -> None:
    refuse_mixing_layers(parse_model_json(made.to_json()), examples)


def shut(h: Any) -> Any:
    return layers.Dense(10, kernel_initializer="zeros", use_bias=False)(h)


LEADING = {
    "softmax as an activation": lambda h: h + shut(layers.Dense(10, activation=layers.Softmax(axis=0))(h)),
    "of a single unit": lambda h: h + layers.Dense(1, activation=layers.Softmax(axis=0))(h),
    "turned, counted from the end": lambda h: h + h[..., ::-1, :],
    "additive attention of rows": lambda h: h + shut(layers.AdditiveAttention()([h, h])),
    "attention along an axis from the end": lambda h: layers.MultiHeadAttention(
        2, 4, attention_axes=(-3,), dropout=0.1
    )(h[:, None], h[:, None]),
    "flipped behind a shut gate": lambda h: h + shut(ops.flip(h, axis=0)),
    "unit length in a nested model": lambda h: keras.Sequential([Input((10,)), layers.UnitNormalization(axis=0)])(h),
}


@pytest.mark.parametrize("how", LEADING)
def test_a_layer_that_leads_from_one_example_to_another_is_found_by_itself(how: str) -> None:
    """Whatever its shapes say, and whatever gate hides it."""
    with pytest.raises(OrderRefused, match=r'the layer ".+" \(\w+\) leads from one example of a batch to another'):
        try_layers(model(LEADING[how]))


def test_a_product_with_one_weight_for_each_place_is_found() -> None:
    """A layer may say that it keeps the batch where its equation doesn't; it needs one of a fixed size."""
    inputs = Input((10,), batch_size=16)
    with pytest.raises(OrderRefused, match="EinsumDense"):
        try_layers(keras.Model(inputs, layers.EinsumDense("ab,ca->cb", output_shape=(10,))(inputs)), IMAGES[:, 0, :10])


def test_a_model_that_cannot_take_the_images_is_left_to_the_training() -> None:
    """Keras says so in its own words."""
    try_layers(model(layers.Softmax()), IMAGES[:, :20])


@pytest.mark.parametrize("how", HONEST)
def test_layers_that_keep_examples_apart(how: str) -> None:
    """Constants, NaN and what acts in training alone don't matter."""
    try_layers(model(HONEST[how]))


@pytest.mark.parametrize("name", MODELS)
def test_layers_of_usual_models_keep_examples_apart(name: str) -> None:
    """Convolutions, recurrent, nested, shared and augmented ones."""
    examples = np.random.default_rng(0).random((5, *shape(name)[1:])).astype("float32")
    try_layers(MODELS[name](), examples)
