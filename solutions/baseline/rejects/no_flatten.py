# expect: failed layers
"""The image isn't flattened, so the dense layers work on single pixels."""

import tensorflow as tf


def baseline_model(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        tf.keras.layers.Dense(100, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
    model = tf.keras.Sequential(layers)

    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
