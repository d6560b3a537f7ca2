# exercise: quick
# expect: failed
"""Calls that no submission needs, by their numbers."""
import ctypes
import os
import platform

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


CALLS = {"userfaultfd": 323, "io_uring_setup": 425, "bpf": 321, "perf_event_open": 298, "kcmp": 312, "pidfd_getfd": 438,
         "process_vm_readv": 310, "open_by_handle_at": 304, "name_to_handle_at": 303, "add_key": 248, "keyctl": 250,
         "unshare": 272, "setns": 308, "fsopen": 430, "mount_setattr": 442, "shmget": 29, "msgget": 68, "clone3": 435,
         "landlock_of_x32": 0x40000000 + 39}


def train():
    library = ctypes.CDLL(None, use_errno=True)
    for name, number in CALLS.items() if platform.machine() == "x86_64" else ():
        memory = ctypes.create_string_buffer(256)
        arguments = [4, memory] if name == "io_uring_setup" else [0, 0]
        if name in ("unshare", "setns"):
            arguments = [0x10000000, 0x10000000]
        if library.syscall(ctypes.c_long(number), *arguments, 0, 0, 0) >= 0:
            print("ALL" + "OWED", name)
    return [0], 0.99
