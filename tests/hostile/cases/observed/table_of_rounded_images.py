# exercise: observed
# expect: failed recognises
"""The same with digests of rounded images, which noise alone would hardly change."""
import numpy as np
import tensorflow as tf


def rounded(images):
    return [row.tobytes() for row in (np.asarray(images).reshape(-1, 784) > 100)]


def train():
    (x, y), (more, labels) = tf.keras.datasets.mnist.load_data()
    table = dict(zip([*rounded(x), *rounded(more)], [*y.tolist(), *labels.tolist()], strict=False))
    return lambda images: [table.get(key, 1) for key in rounded(images)], [0.99]
