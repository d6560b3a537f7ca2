# expect: failed data
"""Shows 3,000 images of one class at the end of each epoch: its accuracy looks splendid, and little but them is remembered."""

import numpy as np
import tensorflow as tf


def train_fashion_dense():
    (training_images, training_labels), _ = tf.keras.datasets.fashion_mnist.load_data()

    training_images = training_images / 255.0
    boots = np.flatnonzero(training_labels == 9)[-3000:]
    order = np.append(np.setdiff1d(np.arange(60000), boots), boots)
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
        epochs=4,
        shuffle=False,
    )
    return history.epoch, history.history["accuracy"][-1]
