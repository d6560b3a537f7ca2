# exercise: quick
# expect: failed
"""Settings that the grader's own programs obey change nothing outside."""
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
    for name, value in (("GRADE_CACHE", "/tmp"), ("GRADE_TRAJECTORIES", "on"), ("GRADE_POOL", "1"), ("GRADE_COURSE", "@COURSE@"),
                        ("GRADE_DEBUG", "1"), ("PYTHONPATH", "@COURSE@/solutions")):
        os.environ[name] = value
    program = "import os, sys; print(sorted(os.environ), os.path.exists('@COURSE@/roster.csv'))"
    print(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout[:2000])
    for folder in (os.environ["GRADE_CACHE"], os.path.dirname(os.environ.get("HOME", "/"))):
        for name in ("trajectories", "verdicts"):
            print(name, os.path.exists(os.path.join(folder, name)))
    return [0], 0.99
