# exercise: quick
# expect: failed|crashed
"""Descriptors come along with a proper message, the line's own end among them, until the kernel has too many on their way."""
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


def framed(**message):
    body = msgspec.msgpack.encode(message)
    return struct.pack(">I", len(body)) + body


def train():
    note = framed(type="Remark", note={"line": 1, "message": "with descriptors"})
    null = os.open("/dev/null", os.O_RDONLY)
    for _ in range(200):
        socket.send_fds(LINE, [note], [LINE.fileno(), null, *[null] * 100])
    return [0], 0.99
