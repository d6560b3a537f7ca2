# expect: failed input
"""Adds the products up in the kernel."""

import numpy as np


def feature_map(image, kernel):
    keep = kernel.copy()
    rows, columns = image.shape
    result = np.zeros((rows - 2, columns - 2), dtype=image.dtype)
    for x in range(rows - 2):
        for y in range(columns - 2):
            window = image[x : x + 3, y : y + 3]
            result[x, y] = np.sum(np.multiply(window, keep, out=kernel))
    return result
