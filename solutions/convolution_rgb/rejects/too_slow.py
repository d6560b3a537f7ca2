# expect: failed time
"""Makes a list of the whole picture for each of its pixels."""

import numpy as np


def convolve_rgb(image, filter):
    result = np.copy(image)
    for x in range(1, image.shape[0] - 1):
        for y in range(1, image.shape[1] - 1):
            pixels = image.tolist()
            for c in range(3):
                total = 0.0
                for i in range(3):
                    for j in range(3):
                        total = total + pixels[x + 1 - i][y + 1 - j][c] * filter[i][j]
                result[x, y, c] = min(max(total, 0), 255)
    return result
