# exercise: quick
# expect: failed callback
"""The grader's trial of the callbacks is answered by a fake; the real training never stops."""
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


import grader.student.delegate as delegate
from grader.protocol.wire import Probed

delegate.probe_callbacks = lambda callbacks, model, curves, *_: Probed(
    stopped=[next((i for i, logs in enumerate(curve) if logs["accuracy"] > 0.6), None) for curve in curves])


def train():
    x, y = data()
    model = compiled()
    history = model.fit(x, y, epochs=5)
    return history.epoch, history.history["accuracy"][-1]
