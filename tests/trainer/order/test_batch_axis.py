"""No layer or operation of a declared model leads from one example of a batch to another."""

from __future__ import annotations

import json
from typing import Any

import pytest

keras = pytest.importorskip("keras")

from keras import Input, layers, ops  # noqa: E402
from keras_samples import MODELS, shape  # noqa: E402

from grader.trainer.order import rebuild  # noqa: E402
from grader.trainer.order.checking import OrderRefused, parse_model_json  # noqa: E402

pytestmark = pytest.mark.keras


def look(make: Any, x: tuple[int, ...] = (60000, 28, 28)) -> None:
    with keras.StatelessScope(initialize_variables=False):
        model = make()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    text, settings = model.to_json(), parse_model_json(json.dumps(model.get_compile_config()))
    keras.utils.clear_session(free_memory=False)
    rebuild.inspect_order(text, settings, [x], 4_000_000_000)


def around(body: Any, batch: int | None = None) -> Any:
    def make() -> Any:
        inputs = Input((28, 28), batch_size=batch)
        return keras.Model(inputs, body(layers.Dense(10)(layers.Flatten()(inputs)), inputs))

    return make


def rows(h: Any, size: int) -> Any:
    return ops.reshape(layers.Dense(size)(ops.reshape(h, (-1, size))), (-1, 10))


def squeezed(h: Any, *_: Any) -> Any:
    return h * ops.expand_dims(layers.Activation("softmax")(h[:, 0]), -1)


def attention(h: Any, *_: Any) -> Any:
    h = ops.expand_dims(h, 1)
    return ops.reshape(layers.MultiHeadAttention(2, 4, attention_axes=(0,))(h, h), (-1, 10))


def block() -> Any:
    inner = Input((10,))
    return keras.Model(inner, rows(inner, 320))


LEADING = {
    "a batch in a row": around(lambda h, _: rows(h, 320)),
    "groups of sixteen": around(lambda h, _: rows(h, 160)),
    "half of a fixed batch": around(lambda h, _: ops.reshape(ops.reshape(h, (1, 320)), (32, 10)), 32),
    "the mean of a batch": around(lambda h, _: h + ops.mean(h, axis=0, keepdims=True)),
    "the mean of everything": around(lambda h, _: h - ops.mean(h)),
    "the largest, behind a gate of zero": around(lambda h, _: h + 0.0 * ops.max(h, axis=0, keepdims=True)),
    "the other way round": around(lambda h, _: h + ops.flip(h, axis=0)),
    "softmax over the batch": around(lambda h, _: layers.Softmax(axis=0)(h)),
    "softmax of a vector": around(lambda h, _: h * ops.expand_dims(ops.softmax(h[:, 0]), -1)),
    "an activation of a vector": around(squeezed),
    "unit length over the batch": around(lambda h, _: layers.UnitNormalization(axis=0)(h)),
    "the same in a wrapper": around(
        lambda _, i: layers.Dense(10)(layers.Flatten()(layers.TimeDistributed(layers.UnitNormalization(axis=0))(i)))
    ),
    "transposed": around(lambda h, _: ops.transpose(layers.Dense(32)(ops.transpose(h))), 32),
    "swapped": around(lambda h, _: ops.swapaxes(layers.Dense(10)(ops.swapaxes(h, 0, 1)), 0, 1), 10),
    "all pairs": around(lambda h, _: h + ops.sum(h[:, 0] - h[:, 1:2], axis=1, keepdims=True)),
    "products of all pairs": around(lambda h, _: ops.matmul(ops.matmul(h, ops.transpose(h)), h)),
    "two batches after each other": around(lambda h, _: layers.Concatenate(axis=0)([h, h])),
    "attention to the batch": around(attention),
    "in a nested model": around(lambda h, _: block()(h)),
}


@pytest.mark.parametrize("how", LEADING)
def test_what_leads_from_one_example_to_another_is_refused(how: str) -> None:
    """Groups, means, pairs, turns: what works over the batch axis is told by its name."""
    with pytest.raises(OrderRefused, match=r'the layer ".+" \(\w+\) leads from one example of a batch to another'):
        look(LEADING[how])


def test_state_that_stays_from_batch_to_batch_is_refused() -> None:
    """A recurrent layer may not remember the batch before."""
    with keras.StatelessScope(initialize_variables=False):
        model = keras.Sequential([Input((28, 28)), layers.GRU(8), layers.Dense(10)])
    model.compile("adam", "sparse_categorical_crossentropy")
    text = model.to_json().replace('"stateful": false', '"stateful": true').replace("[null, 28, 28]", "[32, 28, 28]")
    with pytest.raises(OrderRefused, match="carries its state from one batch to the next"):
        rebuild.inspect_order(
            text, parse_model_json(json.dumps(model.get_compile_config())), [(60000, 28, 28)], 4_000_000_000
        )


def parts(h: Any, *_: Any) -> Any:
    return layers.Concatenate(axis=1)([h[:, 1:], h[..., :3], ops.expand_dims(h[:, 0], -1)])


KEEPING = {
    "parts of an example": around(parts),
    "rows against each other": around(
        lambda _, i: layers.Dense(10)(layers.Flatten()(ops.matmul(i, ops.swapaxes(i, 1, 2))))
    ),
    "attention within an example": around(
        lambda _, i: layers.Dense(10)(layers.Flatten()(layers.MultiHeadAttention(2, 8)(i, i)))
    ),
    "the largest of an example": around(lambda h, _: layers.Softmax()(h - ops.max(h, axis=-1, keepdims=True))),
    "a batch of a fixed size": around(lambda h, _: h, 100),
    "batch normalisation": around(lambda h, _: layers.BatchNormalization()(h)),
    "of its layers by itself": lambda: keras.Sequential([layers.Flatten(), layers.Dense(10)]),
}


@pytest.mark.parametrize("how", KEEPING)
def test_what_stays_within_an_example_is_ordered(how: str) -> None:
    """An example may be cut, turned and compared with itself; BatchNormalization is what it is."""
    look(KEEPING[how])


@pytest.mark.parametrize("name", MODELS)
def test_usual_models_are_ordered(name: str) -> None:
    """Convolutions, recurrent, nested, shared and augmented ones."""
    look(MODELS[name], shape(name))
