# expect: failed layers
"""The last layer gives ten yes-or-no answers instead of one choice."""

import tensorflow as tf


def train_fashion_dense():
    (training_images, training_labels), _ = tf.keras.datasets.fashion_mnist.load_data()

    training_images = training_images / 255.0

    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input(shape=(28, 28)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(10, activation="sigmoid"),
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
        epochs=5,
    )
    return history.epoch, history.history["accuracy"][-1]
