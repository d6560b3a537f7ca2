# exercise: quick
# expect: failed
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


def train():
    os.makedirs("a/b/c")
    os.symlink("/etc", "link")
    os.symlink("nowhere", "dangling")
    os.mkfifo("fifo")
    for name in (b"\xff\xfe", b"new\nline", b"-rf", b" "):
        open(name, "w").close()
    deep = os.open(".", os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d" * 200, dir_fd=deep)
        deep = os.open("d" * 200, os.O_RDONLY, dir_fd=deep)
        if deep > 100:
            break
    os.chmod("a/b", 0)
    os.chmod("a", 0)
    return [0], 0.99
