# exercise: quick
# expect: passed
"""Copies, dates, modes and temporary folders of one's own."""
import os
import shutil
import tempfile

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
    os.makedirs("notes")
    with open("notes.txt", "w") as file:
        file.write("seed 7")
    shutil.copy("notes.txt", "notes")
    shutil.copy("notes.txt", "copy.txt")
    shutil.copy2("notes.txt", "again.txt")
    os.chmod("copy.txt", 0o600)
    os.utime("copy.txt")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree("notes", os.path.join(folder, "all"))
        shutil.make_archive(os.path.join(folder, "all"), "zip", "notes")
    x, y = data()
    model = compiled()
    history = model.fit(x, y, epochs=5, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
