# exercise: quick
# expect: timed_out|forbidden
"""An endless stream of proper messages must not keep the grader from looking at its clock."""
import os
import socket
import struct

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
    body = msgspec.msgpack.encode({"type": "Remark", "note": {"line": 1, "message": "x"}})
    flood = (struct.pack(">I", len(body)) + body) * 5000
    while True:
        LINE.sendall(flood)
