# exercise: quick
# expect: out_of_memory|crashed|failed|timed_out
import os
import time

import numpy as np
import tensorflow as tf

L = tf.keras.layers


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.6:
            self.model.stop_training = True


def data(count=2000):
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    return x[:count] / 255.0, y[:count]


def compiled(layers=None):
    layers = layers or [L.Input((28, 28)), L.Flatten(), L.Dense(32, activation="relu"), L.Dense(10, activation="softmax")]
    model = tf.keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train():
    for _ in range(12):
        try:
            if os.fork() == 0:
                hoard = bytearray(b"1") * 400_000_000
                time.sleep(61.73)
                os._exit(0)
        except OSError:
            pass
    time.sleep(5)
    return [0], 0.99
