# expect: failed clamp
"""Forgets that sums may also be too large."""

import numpy as np


def convolve(image, filter, weight):
    result = np.copy(image)
    for x in range(1, image.shape[0] - 1):
        for y in range(1, image.shape[1] - 1):
            total = 0.0
            for i in range(3):
                for j in range(3):
                    total = total + image[x + i - 1, y + j - 1] * filter[j][i]
            total = total * weight
            total = max(total, 0)
            result[x, y] = total
    return result
