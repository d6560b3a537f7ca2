# expect: failed callback
"""Trains for a fixed number of epochs: nothing stops at the line."""

import tensorflow as tf


def train_mnist():
    (training_images, training_labels), _ = tf.keras.datasets.mnist.load_data()

    training_images = training_images / 255.0

    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input(shape=(28, 28)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(512, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    history = model.fit(
        training_images,
        training_labels,
        epochs=9,
    )
    return history.epoch, history.history["accuracy"][-1]
