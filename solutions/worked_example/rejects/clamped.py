# expect: failed negative
"""Brings the sums into 0 to 255."""

import numpy as np


def feature_map(image, kernel):
    rows, columns = image.shape
    result = np.zeros((rows - 2, columns - 2), dtype=image.dtype)
    for x in range(rows - 2):
        for y in range(columns - 2):
            window = image[x : x + 3, y : y + 3]
            result[x, y] = min(max(np.sum(window * kernel), 0), 255)
    return result
