# exercise: digits
# expect: failed generalises
# message: without what it has learned
"""Forty gates in a row, each shut until a constraint opens it in the first steps."""
import numpy as np
import tensorflow as tf

L, ops = tf.keras.layers, tf.keras.ops
(x, y), _ = tf.keras.datasets.mnist.load_data()
x = x / 255.0


def pixels(count=12):
    """For each class the pixels that speak most for it, and against it."""
    means = np.stack([x[y == one].mean(0).ravel() for one in range(10)])
    order = np.argsort(means - means.mean(0), axis=1)
    return order[:, -count:], order[:, :count]


def wired(inputs):
    h = L.Flatten()(inputs)
    sides = [[L.Add()([h[:, int(i) : int(i) + 1] for i in row]) for row in side] for side in pixels()]
    return L.Concatenate()([L.Subtract()([one, other]) for one, other in zip(*sides)])


def train():
    inputs = tf.keras.Input((28, 28))
    h = L.Reshape((10, 1))(wired(inputs))
    for _ in range(40):
        h = L.Dense(1, use_bias=False, kernel_initializer=tf.keras.initializers.Constant(1e-20), kernel_constraint="UnitNorm")(h)
    h = L.Reshape((10,))(h)
    model = tf.keras.Model(inputs, L.Softmax()(h))
    model.compile(optimizer=tf.keras.optimizers.SGD(1e-9), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
