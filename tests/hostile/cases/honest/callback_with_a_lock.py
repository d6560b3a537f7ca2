# exercise: quick
# expect: passed
"""An honest callback that holds a lock and computes with TensorFlow, so that it can be tried on copies in part only."""
import threading

import tensorflow as tf

L = tf.keras.layers


class Stop(tf.keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def on_epoch_end(self, epoch, logs=None):
        tf.constant(1) + 1
        if logs["accuracy"] > 0.6:
            self.model.stop_training = True


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = tf.keras.Sequential(
        [L.Input((28, 28)), L.Flatten(), L.Dense(32, activation="relu"), L.Dense(10, activation="softmax")]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[:2000] / 255.0, y[:2000], epochs=5, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
