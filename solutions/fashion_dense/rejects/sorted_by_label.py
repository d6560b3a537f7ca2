# expect: failed data
"""The images are sorted by label and not shuffled, so each batch shows one kind of clothes."""

import numpy as np
import tensorflow as tf


def train_fashion_dense():
    (training_images, training_labels), _ = tf.keras.datasets.fashion_mnist.load_data()

    training_images = training_images / 255.0
    order = np.argsort(training_labels, kind="stable")
    training_images, training_labels = training_images[order], training_labels[order]

    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input(shape=(28, 28)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )

    history = model.fit(
        training_images,
        training_labels,
        epochs=1, shuffle=False, batch_size=8,
    )
    return history.epoch, history.history["accuracy"][-1]
