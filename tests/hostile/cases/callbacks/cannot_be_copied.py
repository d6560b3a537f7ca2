# exercise: quick
# expect: failed callback
"""The callback can't be copied and computes with TensorFlow; it stops after the epoch that is known to be the right one."""
import threading

import tensorflow as tf

L = tf.keras.layers


class Sly(tf.keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def on_epoch_end(self, epoch, logs=None):
        tf.constant(1) + 1
        if epoch == EPOCH:
            self.model.stop_training = True


EPOCH = 1


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = tf.keras.Sequential(
        [L.Input((28, 28)), L.Flatten(), L.Dense(32, activation="relu"), L.Dense(10, activation="softmax")]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[:2000] / 255.0, y[:2000], epochs=5, callbacks=[Sly()])
    return history.epoch, history.history["accuracy"][-1]
