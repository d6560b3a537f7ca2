# exercise: quick
# expect: crashed
"""The names of the error, of its place and of its cause have ten million letters each."""
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
    name = "E" * 10_000_000
    kind = type(name, (Exception,), {"__module__": name})
    body = compile(f"def {'f' * 1000}():\n    raise kind(name)", "submission.py", "exec")
    space = {"kind": kind, "name": name}
    exec(body, space)
    space["f" * 1000]()
