# expect: failed time
"""Makes a list of the whole image for each of its pixels."""

import numpy as np


def convolve(image, filter, weight):
    result = np.copy(image)
    for x in range(1, image.shape[0] - 1):
        for y in range(1, image.shape[1] - 1):
            pixels = image.tolist()
            total = 0.0
            for i in range(3):
                for j in range(3):
                    total = total + pixels[x + i - 1][y + j - 1] * filter[j][i]
            result[x, y] = min(max(total * weight, 0), 255)
    return result
