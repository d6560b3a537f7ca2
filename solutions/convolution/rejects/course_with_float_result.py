# expect: failed dtype
"""The result starts as an array of floating point numbers."""

import numpy as np


def convolve(image, filter, weight):
    result = image.astype(np.float32)
    for x in range(1, image.shape[0] - 1):
        for y in range(1, image.shape[1] - 1):
            total = 0.0
            for i in range(3):
                for j in range(3):
                    total = total + image[x + i - 1, y + j - 1] * filter[j][i]
            result[x, y] = int(min(max(total * weight, 0), 255))
    return result
