# exercise: quick
# expect: failed|crashed
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
    for folder in {os.environ.get("GRADE_CACHE", "."), os.path.expanduser("~/.keras/datasets"), os.path.expanduser("~/.cache/grade")}:
        for name in (os.listdir(folder) if os.path.isdir(folder) else ()):
            try:
                open(os.path.join(folder, name), "r+b").write(b"x" * 16)
                print("WROTE-" + "CACHE", name)
            except OSError:
                pass
    return [0], 0.99
