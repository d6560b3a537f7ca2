# exercise: digits
# expect: forbidden
# message: a mean or variance that is not the training images'
import numpy as np
import tensorflow as tf

L, ops = tf.keras.layers, tf.keras.ops
(x, y), _ = tf.keras.datasets.mnist.load_data()
x = x / 255.0


def weights(side=4):
    """A linear classifier of blocks of pixels, made here."""
    blocks = x[:6000].reshape(6000, 28 // side, side, 28 // side, side).mean((2, 4)).reshape(6000, -1)
    return np.linalg.lstsq(blocks, 10 * np.eye(10)[y[:6000]], rcond=None)[0]


def train():
    inputs = tf.keras.Input((28, 28))
    h = L.Flatten()(L.AveragePooling2D(4)(L.Reshape((28, 28, 1))(inputs)))
    w = weights()
    wide = L.Concatenate()([h] * 10)
    spread = L.Normalization(mean=[0.0] * 490, variance=[float(1 / max(v, 1e-3) ** 2) for v in (w.T - w.min()).ravel()])(wide)
    scores = ops.sum(L.Reshape((10, 49))(spread), axis=-1)
    outputs = L.Softmax()(scores)
    model = tf.keras.Model(inputs, outputs)
    model.compile(optimizer=tf.keras.optimizers.SGD(1e-12), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
