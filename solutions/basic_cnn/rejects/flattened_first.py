# expect: failed layers
"""The image is flattened before the convolution sees it."""

import tensorflow as tf


def basic_cnn(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Reshape((784, 1, 1)),
        tf.keras.layers.Conv2D(32, (3, 1), activation="relu"),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
    model = tf.keras.Sequential(layers)

    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
