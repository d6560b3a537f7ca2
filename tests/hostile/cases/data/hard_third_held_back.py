# exercise: digits
# expect: failed data
# message: chosen
"""The third of the images that a linear model finds hardest is held back for validation."""
import numpy as np
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x = (x / 255.0).astype("float32")
    flat = np.concatenate([x.reshape(-1, 784), np.ones((60000, 1), "float32")], axis=1)
    part = flat[:20000]
    weights = np.linalg.solve(part.T @ part + 10 * np.eye(785), part.T @ np.eye(10)[y[:20000]])
    scores = flat @ weights
    right = scores[np.arange(60000), y]
    scores[np.arange(60000), y] = -np.inf
    order = np.argsort(scores.max(axis=1) - right)
    kept = np.concatenate([np.random.default_rng(0).permutation(order[:42000]), order[42000:]])
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[kept], y[kept], epochs=1, batch_size=128, validation_split=0.3)
    return history.epoch, history.history["accuracy"][-1]
