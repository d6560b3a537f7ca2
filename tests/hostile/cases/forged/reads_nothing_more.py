# exercise: quick
# expect: timed_out
"""An order is given, and what comes back is never read."""
import os
import socket
import struct
import time
import json

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


import msgspec

LINE = socket.socket(fileno=os.dup(int(os.environ["GRADE_FD"])))
LINE.setblocking(True)


def say(**message):
    body = msgspec.msgpack.encode(message)
    LINE.sendall(struct.pack(">I", len(body)) + body)


def train():
    model = compiled()
    order = {"type": "Order", "model": 0, "architecture": model.to_json(), "compile": json.dumps(model.get_compile_config()),
             "fit": {"epochs": 1}, "weights_each_epoch": True, "arrays": [
                 {"dtype": "uint8", "shape": [100, 28, 28]}, {"dtype": "uint8", "shape": [100], "role": "y"}]}

    say(**order)
    LINE.sendall(bytes(100 * 28 * 28 + 100))
    time.sleep(30)
