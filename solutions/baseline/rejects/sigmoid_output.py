# expect: failed layers
"""The last layer gives ten yes-or-no answers."""

import tensorflow as tf


def baseline_model(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(100, activation="relu"),
        tf.keras.layers.Dense(10, activation="sigmoid"),
    ]
    model = tf.keras.Sequential(layers)

    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
