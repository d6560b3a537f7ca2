# expect: failed width
"""Ignores `pad`."""

import numpy as np


def pad_images(images, pad=10):
    return np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
