# exercise: digits
# expect: forbidden
# message: numbers that act on the images
"""Dropout that takes as much away in the training as each weight should."""
import numpy as np
import tensorflow as tf

L, ops = tf.keras.layers, tf.keras.ops
(x, y), _ = tf.keras.datasets.mnist.load_data()
x = x / 255.0


def weights(side=4):
    """A linear classifier of blocks of pixels, made here."""
    blocks = x[:6000].reshape(6000, 28 // side, side, 28 // side, side).mean((2, 4)).reshape(6000, -1)
    found = np.linalg.lstsq(blocks, 10 * np.eye(10)[y[:6000]], rcond=None)[0]
    return found / np.abs(found).max()



def carried(weight):
    return L.GaussianDropout(0.5 + 0.4 * weight)


def train():
    inputs = tf.keras.Input((28, 28))
    h = L.Flatten()(L.AveragePooling2D(4)(L.Reshape((28, 28, 1))(inputs)))
    w = weights()
    scores = [L.Add()([carried(float(w[i, c]))(h[:, i : i + 1]) for i in range(49)]) for c in range(10)]
    outputs = L.Softmax()(L.Concatenate()(scores))
    model = tf.keras.Model(inputs, outputs)
    model.compile(optimizer=tf.keras.optimizers.SGD(1e-12), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
