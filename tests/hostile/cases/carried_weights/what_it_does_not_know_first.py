# exercise: digits
# expect: forbidden
# message: before it is trained
"""Images that the wired classifier gets wrong stand wherever an even look would fall."""
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
    h = wired(inputs)
    flat = x.reshape(len(x), -1)
    scores = np.stack([flat[:, one].sum(1) - flat[:, other].sum(1) for one, other in zip(*pixels())], axis=1)
    wrong = np.random.default_rng(0).permutation(np.flatnonzero(scores.argmax(1) != y))[:500]
    places = np.linspace(0, len(x) - 1, 500).astype(int)
    order = np.empty(len(x), int)
    order[places] = wrong
    order[np.setdiff1d(np.arange(len(x)), places)] = np.setdiff1d(np.arange(len(x)), wrong)
    model = tf.keras.Model(inputs, L.Softmax()(h))
    model.compile(optimizer=tf.keras.optimizers.SGD(1e-9), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[order], y[order], epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
