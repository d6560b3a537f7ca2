# expect: failed even-sizes
"""Moves on by one pixel instead of two, so that the squares overlap."""

import numpy as np


def max_pool(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    pooled = np.zeros((rows, columns), dtype=image.dtype)
    for x in range(rows):
        for y in range(columns):
            pooled[x, y] = max(image[x, y], image[x + 1, y], image[x, y + 1], image[x + 1, y + 1])
    return pooled
