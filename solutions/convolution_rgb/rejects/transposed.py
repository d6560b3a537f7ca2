# expect: failed orientation
"""Exchanges the filter's rows and columns."""

import numpy as np


def convolve_rgb(image, filter):
    result = np.copy(image)
    for x in range(1, image.shape[0] - 1):
        for y in range(1, image.shape[1] - 1):
            for c in range(3):
                total = 0.0
                for i in range(3):
                    for j in range(3):
                        total = total + image[x + 1 - i, y + 1 - j, c] * filter[j][i]
                result[x, y, c] = min(max(total, 0), 255)
    return result
