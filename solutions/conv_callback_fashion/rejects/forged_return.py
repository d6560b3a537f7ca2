# expect: failed honest-return
"""Claims a good result without any training."""

import tensorflow as tf


def train_until_95():
    return [0, 1], 0.985
