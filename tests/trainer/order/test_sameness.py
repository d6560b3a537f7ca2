"""A model that was trained and is trained again: what may differ in its configuration, and what may not."""

from __future__ import annotations

from typing import Any

import pytest

keras = pytest.importorskip("keras")

import numpy as np  # noqa: E402
from keras import Input, layers  # noqa: E402

from grader.trainer.order.identity import extract_immutable_config  # noqa: E402

pytestmark = pytest.mark.keras
IMAGES, LABELS = np.random.default_rng(0).random((16, 8, 8, 1), np.float32), np.zeros(16)


def adapted() -> Any:
    layer = layers.Normalization()
    layer.adapt(IMAGES)
    return layer


def attending() -> Any:
    inputs = Input((8, 8, 1))
    rows = layers.Reshape((8, 8))(inputs)
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(layers.MultiHeadAttention(2, 4)(rows, rows))))


def joined() -> Any:
    inputs = Input((8, 8, 1))
    flat = layers.Flatten()(inputs * 2.0 - np.float32(1))
    return keras.Model(inputs, keras.Sequential([layers.Dense(10)])(layers.concatenate([flat, flat])))


MODELS = {
    "without an input": lambda: keras.Sequential([layers.Flatten(), layers.Dense(10)]),
    "nested without an input": lambda: keras.Sequential([keras.Sequential([layers.Conv2D(2, 3)]), layers.Flatten(), layers.Dense(10)]),
    "with an input": lambda: keras.Sequential([Input((8, 8, 1)), layers.BatchNormalization(), layers.Flatten(), layers.Dense(10)]),
    "adapted": lambda: keras.Sequential([adapted(), layers.LayerNormalization(), layers.Flatten(), layers.Dropout(0.1), layers.Dense(10)]),
    "recurrent": lambda: keras.Sequential([layers.Reshape((8, 8)), layers.Bidirectional(layers.LSTM(4)), layers.Dense(10)]),
    "attending": attending,
    "joined": joined,
}


@pytest.mark.parametrize("name", MODELS)
def test_a_training_changes_nothing_that_lasts(name: str) -> None:
    """Keras writes an input down once it knows it; all else stays as it was."""
    model = MODELS[name]()
    model.compile("adam", "sparse_categorical_crossentropy")
    before = extract_immutable_config(model.to_json())
    model.fit(IMAGES, LABELS, verbose=0)

    assert extract_immutable_config(model.to_json()) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [('"units": 10', '"units": 11'), ("2.0", "3.0"), ('"linear"', '"relu"'), ('"keras_history": ["flatten', '"keras_history": ["x')],
)
def test_whatever_else_is_changed_shows(old: str, new: str) -> None:
    """A layer's settings, a number in a call, what takes what."""
    keras.utils.clear_session()
    text = joined().to_json()
    assert old in text

    assert extract_immutable_config(text.replace(old, new)) != extract_immutable_config(text)
