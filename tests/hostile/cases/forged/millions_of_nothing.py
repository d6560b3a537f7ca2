# exercise: quick
# expect: forbidden
# message: interfered
"""A byte for each on the line, and much more in memory and in every report."""
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
    count = 3_900_000
    body = b"\x82\xa4type\xa8Returned\xa5value\xdd" + struct.pack(">I", count) + b"\x80" * count
    LINE.sendall(struct.pack(">I", len(body)) + body)
    time.sleep(30)
