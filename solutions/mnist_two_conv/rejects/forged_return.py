# expect: failed honest-return
"""Claims a good result without any training."""

import tensorflow as tf


def train_mnist_conv():
    return list(range(10)), 0.9985
