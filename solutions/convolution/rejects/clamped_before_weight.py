# expect: failed weight
"""Brings the sum into the range before it multiplies by the weight."""

import numpy as np


def convolve(image, filter, weight):
    result = np.copy(image)
    for x in range(1, image.shape[0] - 1):
        for y in range(1, image.shape[1] - 1):
            total = 0.0
            for i in range(3):
                for j in range(3):
                    total = total + image[x + i - 1, y + j - 1] * filter[j][i]
            total = min(max(total, 0), 255)
            total = total * weight
            result[x, y] = total
    return result
