# exercise: quick
# expect: forbidden|failed|crashed|timed_out
"""A byte that overtakes the others."""
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
    for _ in range(100):
        try:
            LINE.send(b"x", socket.MSG_OOB)
        except OSError as error:
            print(error.errno)
            break
    LINE.sendall(framed(type="Returned", value=[[0], 0.99]))
    time.sleep(1)
    return [0], 0.99
