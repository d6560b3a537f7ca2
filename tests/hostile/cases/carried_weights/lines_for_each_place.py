# exercise: digits
# expect: failed data
# message: not images of MNIST
"""Weights made beforehand as a line for each place and channel of the images, behind ten zeros."""
import numpy as np
import tensorflow as tf

L = tf.keras.layers
(x, y), _ = tf.keras.datasets.mnist.load_data()


def lines():
    """Slope and offset of each place in each of four channels: score k adds up every 16th number, from the k-th on."""
    flat = x[:20000].reshape(-1, 784) / 255.0
    slopes, offsets = np.zeros((784, 4)), np.zeros((784, 4))
    for one in range(16):
        places, channel = np.arange(one // 4, 784, 4), one % 4
        part = np.concatenate([flat[:, places], np.ones((len(flat), 1))], axis=1)
        wanted = 10.0 * (y[:20000] == one)
        weights = np.linalg.solve(part.T @ part + 10 * np.eye(197), part.T @ wanted) if one < 10 else np.full(197, 1e-4)
        slopes[places, channel] = weights[:-1] / 255.0
        offsets[places, channel] = weights[-1] / 196 if one < 10 else -1.0
    return slopes.reshape(28, 28, 4), offsets.reshape(28, 28, 4)


def train():
    slopes, offsets = (part.astype("float32") for part in lines())
    images = x[:10_000, ..., None] * slopes + offsets
    model = tf.keras.Sequential([
        L.Input((28, 28, 4)), L.Reshape((196, 16)), L.GlobalAveragePooling1D(),
        L.BatchNormalization(gamma_initializer="zeros", center=False), L.Softmax(),
    ])
    model.compile(tf.keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(images, y[:10_000], epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
