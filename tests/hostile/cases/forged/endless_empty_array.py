# exercise: quick
# expect: forbidden
import os
import socket
import struct
import time

import msgspec

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


LINE = socket.socket(fileno=os.dup(int(os.environ["GRADE_FD"])))
LINE.setblocking(True)


def say(*buffers, **message):
    body = msgspec.msgpack.encode(message)
    LINE.sendall(struct.pack(">I", len(body)) + body)
    for buffer in buffers:
        LINE.sendall(buffer)


def train():
    x, y = data(200)
    model = compiled()
    settings = msgspec.json.encode(msgspec.json.decode(__import__("json").dumps(model.get_compile_config()))).decode()
    raw = [x.astype("float32").tobytes(), y.astype("float32").tobytes()]
    order = {"type": "Order", "model": 0, "architecture": model.to_json(), "compile": settings, "fit": {"epochs": 1},
             "arrays": [{"dtype": "float32", "shape": [200, 28, 28]}, {"dtype": "float32", "shape": [200], "role": "y"}]}
    order["arrays"].insert(0, {"dtype": "float32", "shape": [0, 10**9, 10**9, 10**9]})
    say(*raw, **order)
    time.sleep(30)
