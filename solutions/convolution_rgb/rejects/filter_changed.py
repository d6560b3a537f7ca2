# expect: failed input
"""Turns the filter in place."""

import numpy as np


def convolve_rgb(image, filter):
    filter[:] = filter[::-1, ::-1]
    result = np.copy(image)
    for x in range(1, image.shape[0] - 1):
        for y in range(1, image.shape[1] - 1):
            for c in range(3):
                total = 0.0
                for i in range(3):
                    for j in range(3):
                        total = total + image[x + i - 1, y + j - 1, c] * filter[i][j]
                result[x, y, c] = min(max(total, 0), 255)
    return result
