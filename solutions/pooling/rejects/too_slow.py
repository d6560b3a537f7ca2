# expect: failed time
"""Copies the whole image for each of its pixels."""

import numpy as np


def max_pool(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    pooled = np.zeros((rows, columns), dtype=image.dtype)
    for x in range(rows):
        for y in range(columns):
            copy = np.array(image.tolist(), dtype=image.dtype)
            pooled[x, y] = copy[2 * x : 2 * x + 2, 2 * y : 2 * y + 2].max()
    return pooled
