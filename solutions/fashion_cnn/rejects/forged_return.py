# expect: failed honest-return
"""Claims a good result without any training."""

import tensorflow as tf


def train_fashion_cnn():
    return [0, 1, 2, 3, 4], 0.93
