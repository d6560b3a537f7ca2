"""The grader's own small model, for functions that look into a model instead of building one."""

from __future__ import annotations

from typing import Any

import keras


def build_supplied_model() -> Any:
    """Three convolutions of eight filters, two of them with a max pooling, for images of shape (28, 28, 1); compiled."""
    layers = [
        keras.layers.Input((28, 28, 1)),
        keras.layers.Conv2D(8, (3, 3), activation="relu", name="conv_1"),
        keras.layers.MaxPooling2D((2, 2), name="pool_1"),
        # Between the maps, so that functions that count on the first layers, or on pairs, don't find them all.
        keras.layers.Dropout(0.1, name="dropout"),
        keras.layers.Conv2D(8, (3, 3), activation="relu", name="conv_2"),
        keras.layers.Conv2D(8, (3, 3), activation="relu", name="conv_3"),
        keras.layers.MaxPooling2D((2, 2), name="pool_2"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(10, activation="softmax", name="dense"),
    ]
    made = keras.Sequential(layers)
    made(made.inputs[0])  # so that it has an `input`, as in Keras 2: in Keras 3 a Sequential gets one when it is called
    made.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return made
