# exercise: digits
# expect: forbidden
# message: leads from one example of a batch to another
"""The images of a batch compete for each class."""
import numpy as np
import tensorflow as tf

L, ops = tf.keras.layers, tf.keras.ops
SIZE = 32


def coded(y):
    """At place p of batch k an image of class (c[p] + r_k) mod 10: any two places of a batch tell all others."""
    rng = np.random.default_rng(0)
    places, pools, order = rng.integers(0, 10, SIZE), [list(rng.permutation(np.flatnonzero(y == one))) for one in range(10)], []
    for shift in rng.integers(0, 10, len(y) // SIZE):
        wanted = np.bincount((places + shift) % 10, minlength=10)
        if all(len(pool) >= count for pool, count in zip(pools, wanted)):
            order += [pools[(place + shift) % 10].pop() for place in places]
    return np.array(order + [at for pool in pools for at in pool])


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    at = coded(y)
    inputs = tf.keras.Input((28, 28))
    h = L.Flatten()(L.AveragePooling2D(14)(L.Reshape((28, 28, 1))(inputs)))
    h = L.Dense(10)(L.Dense(64, activation="relu")(h))
    h = h * L.Softmax(axis=0)(h)
    model = tf.keras.Model(inputs, L.Softmax()(h))
    model.compile(tf.keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[at] / 255.0, y[at], epochs=2, batch_size=SIZE, shuffle=False)
    return history.epoch, history.history["accuracy"][-1]
