# expect: failed any
"""Takes the number of rows for that of the columns."""

import numpy as np


def pad_images(images, pad=10):
    number, rows, _, channels = images.shape
    padded = np.zeros((number, rows + 2 * pad, rows + 2 * pad, channels), images.dtype)
    padded[:, pad : pad + rows, pad : pad + rows] = images
    return padded
