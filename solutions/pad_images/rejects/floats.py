# expect: failed dtype
"""Starts with floating point zeros."""

import numpy as np


def pad_images(images, pad=10):
    number, rows, columns, channels = images.shape
    padded = np.zeros((number, rows + 2 * pad, columns + 2 * pad, channels))
    padded[:, pad : pad + rows, pad : pad + columns] = images
    return padded
