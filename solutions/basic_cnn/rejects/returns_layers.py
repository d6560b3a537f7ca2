# expect: failed model
"""Returns the list of layers instead of the model."""

import tensorflow as tf


def basic_cnn(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        tf.keras.layers.Conv2D(32, (3, 3), activation="relu"),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
    model = tf.keras.Sequential(layers)

    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.layers
