# expect: failed layers
"""The hidden layer has 128 units, as in the lesson on clothes."""

import tensorflow as tf


def baseline_model(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
    model = tf.keras.Sequential(layers)

    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
