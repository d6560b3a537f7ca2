# expect: failed layers
"""Pads the images, so that they stay larger."""

import tensorflow as tf


def build_model(filters, convolutions):
    layers = [tf.keras.layers.Input(shape=(28, 28, 1))]

    for _ in range(convolutions):
        layers.append(tf.keras.layers.Conv2D(filters, (3, 3), padding="same", activation="relu"))
        layers.append(tf.keras.layers.MaxPooling2D((2, 2)))

    layers += [
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
    model = tf.keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
