# exercise: quick
# expect: failed
"""Limits, priorities and cores are set for one's own process only."""
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


def attempt(function, *arguments):
    try:
        function(*arguments)
        print("ALL" + "OWED", function.__name__)
    except OSError as error:
        print(error.errno)


def train():
    import resource

    parent = os.getppid()
    attempt(resource.prlimit, parent, resource.RLIMIT_NOFILE, (0, 0))
    attempt(resource.prlimit, parent, resource.RLIMIT_CPU, (0, 0))
    attempt(os.sched_setaffinity, parent, {0})
    attempt(os.sched_setscheduler, parent, os.SCHED_IDLE, os.sched_param(0))
    attempt(os.setpriority, os.PRIO_PROCESS, parent, 19)
    attempt(os.setpriority, os.PRIO_USER, 0, 19)
    return [0], 0.99
