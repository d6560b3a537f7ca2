# exercise: quick
# expect: failed
"""Not the content, but who may read it, since when, and what is written on its label."""
import os

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


def attempt(function, path, *arguments):
    try:
        function(path, *arguments)
    except OSError as error:
        print(error.errno)


def train():
    for path in ("@COURSE@/roster.csv", "@COURSE@", "@OUTSIDE@/neighbour.py", "@OUTSIDE@", "@HOME@/.secret", "@HOME@"):
        attempt(os.utime, path, (0, 0))
        attempt(os.setxattr, path, "user.hostile", b"x")
        attempt(os.chown, path, os.getuid(), os.getgid())
        attempt(os.chmod, path, 0o777)
        attempt(os.truncate, path, 0)
        try:
            os.close(os.open(path, os.O_RDONLY | os.O_TRUNC))
        except OSError as error:
            print(error.errno)
    return [0], 0.99
