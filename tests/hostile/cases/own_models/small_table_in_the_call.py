# exercise: digits
# expect: forbidden
# message: numbers that act on the images
"""Weights made beforehand, in pieces that are small one by one."""
import numpy as np
import tensorflow as tf

(x, y), _ = tf.keras.datasets.mnist.load_data()
BLOCKS = (x[:6000] / 255.0).reshape(6000, 7, 4, 7, 4).mean((2, 4)).reshape(6000, -1)
WEIGHTS = np.linalg.lstsq(BLOCKS, 10 * np.eye(10)[y[:6000]], rcond=None)[0].astype("float32")


class Digits(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.pool, self.flat = tf.keras.layers.AveragePooling2D(4), tf.keras.layers.Flatten()
        self.out = tf.keras.layers.Softmax()

    def call(self, images):
        h = self.flat(self.pool(tf.expand_dims(images, -1)))
        return self.out(tf.concat([tf.reduce_sum(h * WEIGHTS[:, c], axis=-1, keepdims=True) for c in range(10)], axis=-1))


def train():
    model = Digits()
    model.compile(tf.keras.optimizers.SGD(1e-12), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x / 255.0, y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
