# exercise: digits
# expect: forbidden
# message: before it is trained
import numpy as np
import tensorflow as tf

L = tf.keras.layers
(x, y), _ = tf.keras.datasets.mnist.load_data()
x = x / 255.0
SIDES = [(high, wide) for high in range(3, 29, 3) for wide in range(3, 29, 3)]


def weights():
    """Whole positive weights for the means over corners of the image; what all classes have more of changes nothing."""
    sums = x.cumsum(1).cumsum(2)
    means = np.stack([sums[:, high - 1, wide - 1] / (high * wide) for high, wide in SIDES] + [np.ones(len(x))], 1)
    found = np.linalg.solve(means.T @ means + 0.3 * np.eye(len(SIDES) + 1), means.T @ np.eye(10)[y])[:-1]
    found -= found.min(1, keepdims=True)
    return np.round(found * (63 / found.max())).astype(int)


def add(parts):
    while len(parts) > 1:
        parts = [L.Add()(some) if len(some := parts[at : at + 30]) > 1 else some[0] for at in range(0, len(parts), 30)]
    return parts[0]


def train():
    inputs = tf.keras.Input((28, 28, 1))
    pools = [L.AveragePooling2D(side, strides=28)(inputs) for side in SIDES]
    scores = []
    for row in weights().T:
        score = []
        for bit in reversed(range(6)):  # doubled for each binary digit
            parts = score * 2 + [pool for pool, weight in zip(pools, row) if weight >> bit & 1]
            score = [add(parts)] if parts else []
        scores += score
    h = L.BatchNormalization(gamma_initializer="zeros")(L.Flatten()(L.Concatenate()(scores)))
    model = tf.keras.Model(inputs, L.Softmax()(h))
    model.compile(optimizer=tf.keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[..., None], y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
