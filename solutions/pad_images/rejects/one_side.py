# expect: failed shape
"""Adds the zeros behind the image only."""

import numpy as np


def pad_images(images, pad=10):
    return np.pad(images, ((0, 0), (0, 2 * pad), (0, 2 * pad), (0, 0)))
