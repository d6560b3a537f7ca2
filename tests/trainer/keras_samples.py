"""Models as students declare them, in Keras."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import keras
from keras import Input, layers

Model = Any


def dense() -> Model:
    return keras.Sequential(
        [
            Input((28, 28)),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def unbuilt() -> Model:
    return keras.Sequential([layers.Flatten(), layers.Dense(16, activation="relu"), layers.Dense(10)])


def convolution() -> Model:
    return keras.Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2, 2),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )


def functional() -> Model:
    inputs = Input((28, 28))
    x = layers.Reshape((28, 28, 1))(inputs / 255.0)
    x = layers.Conv2D(8, 3, padding="same", activation=layers.LeakyReLU(0.1))(x)
    x = layers.BatchNormalization()(x)
    x = keras.activations.relu(x)
    skip = layers.Conv2D(8, 1)(x)
    x = layers.add([x, skip]) * 2 - 1
    x = keras.ops.mean(x, axis=(1, 2))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def block(name: str) -> Model:
    return keras.Sequential([Input((28, 28, 1)), layers.Conv2D(4, 3), layers.MaxPooling2D(2)], name=name)


def nested() -> Model:
    inputs = Input((28, 28, 1))
    body = keras.Model(inputs, layers.Flatten()(block("block")(inputs)), name="body")
    return keras.Sequential([Input((28, 28, 1)), body, layers.Dense(10)])


def shared() -> Model:
    inputs = Input((28, 28))
    flat, layer = layers.Flatten()(inputs), layers.Dense(784)
    return keras.Model(inputs, layers.Dense(10)(layers.concatenate([layer(flat), layer(layer(flat))])))


def recurrent() -> Model:
    return keras.Sequential(
        [
            Input((28, 28)),
            layers.Masking(),
            layers.Bidirectional(layers.LSTM(8, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(4, activation="relu")),
            layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)]),
            layers.Dense(10),
        ]
    )


def attention() -> Model:
    inputs = Input((28, 28))
    x = layers.LayerNormalization()(layers.MultiHeadAttention(2, 4)(inputs, inputs))
    x = layers.LSTM(4)(layers.Masking()(x[:, 1:]))
    return keras.Model(inputs, layers.Dense(10)(x))


def augmented() -> Model:
    return keras.Sequential(
        [
            Input((28, 28, 1)),
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(0.1),
            layers.RandomZoom(0.1),
            layers.Rescaling(1 / 255),
            layers.Normalization(mean=0.13, variance=0.1),
            layers.Conv2D(4, 3, kernel_regularizer="l2", kernel_initializer="he_normal", bias_constraint="non_neg"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, kernel_initializer=keras.initializers.RandomNormal(stddev=0.1)),
        ]
    )


def two_outputs() -> Model:
    inputs = Input((28, 28, 1))
    side = layers.Conv2D(3, 3, name="side")(inputs)
    inner = keras.Model(inputs, [layers.Flatten()(inputs), layers.Flatten()(side)], name="inner")
    outer = Input((28, 28, 1))
    return keras.Model(outer, layers.Dense(10, name="only")(inner(outer)[0]))


MODELS: dict[str, Callable[[], Model]] = {
    function.__name__: function
    for function in (
        dense, unbuilt, convolution, functional, nested, shared, recurrent, attention, augmented, two_outputs
    )
}  # fmt: skip
SHAPES = {"convolution": (60000, 28, 28, 1), "nested": (60000, 28, 28, 1), "augmented": (60000, 28, 28, 1)}
SHAPES |= {"two_outputs": (60000, 28, 28, 1)}


def shape(name: str) -> tuple[int, ...]:
    return SHAPES.get(name, (60000, 28, 28))


def ordered(model: Model, **compile_arguments: Any) -> tuple[str, dict[str, Any]]:
    """The architecture and compile configuration of an order, through text as it travels."""
    arguments = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    model.compile(**arguments | compile_arguments)
    return model.to_json(), json.loads(json.dumps(model.get_compile_config()))
