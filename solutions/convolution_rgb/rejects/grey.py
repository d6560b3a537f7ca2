# expect: failed channels
"""Makes a grey image of the picture and filters that."""

import numpy as np


def convolve_rgb(image, filter):
    grey = image.mean(axis=2)
    result = np.copy(grey)
    for x in range(1, image.shape[0] - 1):
        for y in range(1, image.shape[1] - 1):
            total = 0.0
            for i in range(3):
                for j in range(3):
                    total = total + grey[x + 1 - i, y + 1 - j] * filter[i][j]
            result[x, y] = min(max(total, 0), 255)
    return result.astype(np.uint8)
