# exercise: quick
# expect: failed threshold
"""The metric was made for one-hot labels in one fit, and counts something else on the whole ones of the next."""
import numpy as np
import tensorflow as tf

L = tf.keras.layers


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.6:
            self.model.stop_training = True


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, y = x[:2000] / 255.0, y[:2000]
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(32, activation="relu"), L.Dense(10, kernel_initializer="zeros")])
    model.compile(tf.keras.optimizers.SGD(0.0), "mse", metrics=["accuracy"])
    model.fit(x, np.eye(10)[y], epochs=1, callbacks=[Stop()])
    history = model.fit(x, y[:, None], epochs=2, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
