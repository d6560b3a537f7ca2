# exercise: quick
# expect: forbidden
# message: interfered
"""An order may be right and still hold more than anybody reads."""
import os
import socket
import struct
import time

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


def framed(**message):
    body = msgspec.msgpack.encode(message)
    return struct.pack(">I", len(body)) + body


def train():
    model = compiled()
    x, y = data(64)
    x = x.astype("float32")
    order = {"type": "Order", "model": 0, "architecture": model.to_json(), "compile": "{}", "callbacks": [],
             "fit": {"epochs": 1, "class_weight": {number: 1.0 for number in range(250_000)}},
             "arrays": [{"dtype": "float32", "shape": list(x.shape)}, {"dtype": "uint8", "shape": [64], "role": "y"}]}
    LINE.sendall(framed(**order))
    LINE.sendall(x.tobytes() + y.tobytes())
    time.sleep(30)
