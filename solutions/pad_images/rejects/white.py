# expect: failed shape
"""Makes a white frame."""

import numpy as np


def pad_images(images, pad=10):
    return np.pad(images, ((0, 0), (pad, pad), (pad, pad), (0, 0)), constant_values=255)
