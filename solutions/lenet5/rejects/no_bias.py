# expect: failed layers
"""The dense layers have no bias."""

import tensorflow as tf


def LeNet5(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        tf.keras.layers.Conv2D(6, (5, 5), activation="relu"),
        tf.keras.layers.AveragePooling2D((2, 2)),
        tf.keras.layers.Conv2D(16, (5, 5), activation="relu"),
        tf.keras.layers.AveragePooling2D((2, 2)),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(120, activation="relu", use_bias=False),
        tf.keras.layers.Dense(82, activation="relu", use_bias=False),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
    model = tf.keras.Sequential(layers)

    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
