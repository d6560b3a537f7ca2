# expect: failed shapes
"""The input has a shape of its own instead of the image's."""

import tensorflow as tf


def basic_cnn(image):
    layers = [
        tf.keras.layers.Input(shape=(28, 28, 3)),
        tf.keras.layers.Conv2D(32, (3, 3), activation="relu"),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
    model = tf.keras.Sequential(layers)

    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
