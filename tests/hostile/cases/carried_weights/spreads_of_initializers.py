# exercise: digits
# expect: forbidden
# message: numbers that act on the images
"""Weights made beforehand as the spreads of initializers: with a seed, what is drawn is known but for its size."""
import numpy as np
import tensorflow as tf

L = tf.keras.layers
(x, y), _ = tf.keras.datasets.mnist.load_data()
x = x / 255.0


def weights(side=4):
    """A linear classifier of blocks of pixels, made here."""
    blocks = x[:6000].reshape(6000, 28 // side, side, 28 // side, side).mean((2, 4)).reshape(6000, -1)
    return np.linalg.lstsq(blocks, 10 * np.eye(10)[y[:6000]], rcond=None)[0]


def spread(weight):
    """One kind for each sign, each always with the same seed."""
    kinds = [(kind, seed, float(kind(0.0, 1.0, seed=seed)((1,))[0])) for kind in (tf.keras.initializers.RandomNormal, tf.keras.initializers.TruncatedNormal) for seed in range(9)]
    up = next(each for each in kinds if each[2] > 0.3 and each[0] is tf.keras.initializers.RandomNormal)
    down = next(each for each in kinds if each[2] < -0.3 and each[0] is tf.keras.initializers.TruncatedNormal)
    return lambda weight: (lambda kind, seed, drawn: kind(0.0, weight / drawn, seed=seed))(*(up if weight > 0 else down))


def train():
    inputs = tf.keras.Input((28, 28))
    h = L.Flatten()(L.AveragePooling2D(4)(L.Reshape((28, 28, 1))(inputs)))
    w, drawn = weights(), spread(0)
    scores = [L.Add()([L.BatchNormalization(gamma_initializer=drawn(float(w[i, c])))(h[:, i : i + 1]) for i in range(49)]) for c in range(10)]
    outputs = L.Softmax()(L.Concatenate()(scores))
    model = tf.keras.Model(inputs, outputs)
    model.compile(optimizer=tf.keras.optimizers.SGD(1e-12), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
