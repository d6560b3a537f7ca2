# expect: failed callback
"""The callback remembers that the line was crossed and stops one epoch later."""

import tensorflow as tf


class StopAtAccuracy(tf.keras.callbacks.Callback):
    """Ends the training once it is good enough."""

    crossed = False

    def on_epoch_end(self, epoch, logs=None):
        if self.crossed:
            self.model.stop_training = True
        self.crossed = logs["accuracy"] > 0.99


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
        callbacks=[StopAtAccuracy()],
    )
    return history.epoch, history.history["accuracy"][-1]
