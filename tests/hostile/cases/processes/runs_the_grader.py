# exercise: quick
# expect: failed
"""A grader within the grader: for its keys, or for a second trainer."""
import os
import subprocess
import sys

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
    for words in (["quick", "submission.py", "--json", "-", "--course", "@COURSE@"], ["doctor"], ["cache"]):
        program = "from grader.cli import main; main()"
        with open("said", "wb") as file:
            try:
                subprocess.run([sys.executable, "-c", program, *words], stdout=file, stderr=file, timeout=2)
            except (OSError, subprocess.TimeoutExpired):
                pass
        print(open("said", "rb").read()[:500])
    return [0], 0.99
