# expect: failed even-sizes
"""Forgets to move on, so that the loop never ends."""

import numpy as np


def max_pool(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    pooled = np.zeros((rows, columns), dtype=image.dtype)
    x = 0
    while x < rows:
        for y in range(columns):
            pooled[x, y] = image[2 * x : 2 * x + 2, 2 * y : 2 * y + 2].max()
    return pooled
