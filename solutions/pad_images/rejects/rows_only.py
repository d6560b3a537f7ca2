# expect: failed shape
"""Adds rows and forgets the columns."""

import numpy as np


def pad_images(images, pad=10):
    return np.pad(images, ((0, 0), (pad, pad), (0, 0), (0, 0)))
