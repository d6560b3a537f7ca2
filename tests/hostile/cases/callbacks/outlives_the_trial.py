# exercise: quick
# expect: forbidden|failed|crashed
"""What a trial starts lives on and speaks in the training's place."""
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


MAIN = os.getpid()


class Sly(tf.keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        if os.getpid() != MAIN and os.fork() == 0:
            os.setsid()
            for _ in range(40):
                time.sleep(0.05)
                LINE.sendall(framed(type="Answer", stop=True))
            os._exit(0)


def train():
    x, y = data()
    model = compiled()
    history = model.fit(x, y, epochs=5, callbacks=[Sly()])
    return history.epoch, history.history["accuracy"][-1]
