# expect: failed epochs
"""A small network reaches the line, but not before the ninth epoch."""

import tensorflow as tf


class myCallback(tf.keras.callbacks.Callback):
    """Ends the training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] >= 0.99:
            print("\nReached 99 % accuracy, so training stops.")
            self.model.stop_training = True


# GRADED FUNCTION: train_mnist
def train_mnist(x_train, y_train):
    callbacks = myCallback()
    model = tf.keras.models.Sequential(
        [
            tf.keras.layers.Input(shape=(28, 28)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(64, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    history = model.fit(
        x_train,
        y_train,
        epochs=10,
        callbacks=[callbacks],
    )
    return history


(x_train, y_train), _ = tf.keras.datasets.mnist.load_data()
x_train = x_train / 255.0
hist = train_mnist(x_train, y_train)
