# expect: failed honest-return
"""Claims a good result without any training."""

import tensorflow as tf


def train_fashion():
    return list(range(3)), 0.999
