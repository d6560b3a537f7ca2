# exercise: digits
# expect: forbidden
# message: leads from one example of a batch to another
"""Batches of one class each, over which the model takes the mean of its scores."""
import numpy as np
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, rng = x / 255.0, np.random.default_rng(0)
    of_one_class = [places[: len(places) // 100 * 100].reshape(-1, 100) for places in map(np.flatnonzero, (y == c for c in range(10)))]
    rest = np.setdiff1d(np.arange(60000), np.concatenate([blocks.ravel() for blocks in of_one_class]))
    order = np.concatenate([rng.permutation(np.concatenate(of_one_class)).ravel(), rest])
    inputs = tf.keras.Input((28, 28))
    scores = L.Dense(10)(L.Flatten()(inputs))
    model = tf.keras.Model(inputs, L.Softmax()(scores + tf.keras.ops.mean(scores, axis=0, keepdims=True)))
    model.compile(tf.keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[order], y[order], epochs=2, batch_size=100, shuffle=False)
    return history.epoch, history.history["accuracy"][-1]
