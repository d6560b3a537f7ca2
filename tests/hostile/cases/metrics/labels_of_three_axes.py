# exercise: quick
# expect: failed threshold
# message: is not the share of examples that the model recognises
"""One-hot labels with one more axis, for which a metric on whole labels counts the zeros of each."""
import numpy as np
import tensorflow as tf

L = tf.keras.layers


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.6:
            self.model.stop_training = True


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    labels = np.eye(40, dtype="float32")[y[:2000]][..., None]
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(32, activation="relu"), L.Dense(40, kernel_initializer="zeros")])
    model.compile(tf.keras.optimizers.SGD(0.0), "mse", metrics=["accuracy"])
    history = model.fit(x[:2000] / 255.0, labels, epochs=5, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
