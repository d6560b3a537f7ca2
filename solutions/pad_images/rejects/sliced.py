# expect: failed width
"""Cuts with `-pad`, which is nothing at all when `pad` is 0."""

import numpy as np


def pad_images(images, pad=10):
    number, rows, columns, channels = images.shape
    padded = np.zeros((number, rows + 2 * pad, columns + 2 * pad, channels), images.dtype)
    padded[:, pad:-pad, pad:-pad] = images
    return padded
