# expect: failed input
"""Scales the images in place first and undoes it afterwards, with what was lost."""

import numpy as np


def pad_images(images, pad=10):
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    images //= 2
    images *= 2
    return padded
