# exercise: quick
# expect: forbidden
# message: interfered
"""An order that names an array by a digest that nobody has offered."""
import numpy as np
import tensorflow as tf
from msgspec import structs

import grader.student.feed as feed

L = tf.keras.layers


def leave_out(cargo, held):
    cargo.specs[0] = structs.replace(cargo.specs[0], digest="0" * 64)


feed.Cargo.skip_held = leave_out


def train():
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(np.zeros((2000, 28, 28)), np.zeros(2000), epochs=5)
    return history.epoch, history.history["accuracy"][-1]
