# expect: failed odd-sizes
"""The course's own loops: they ask for a pixel beyond the edge when a size is odd."""

import numpy as np


def max_pool(image):
    size_x, size_y = image.shape
    new_x = int(size_x / 2)
    new_y = int(size_y / 2)
    pooled = np.zeros((new_x, new_y), dtype=image.dtype)
    for x in range(0, size_x, 2):
        for y in range(0, size_y, 2):
            pixels = []
            pixels.append(image[x, y])
            pixels.append(image[x + 1, y])
            pixels.append(image[x, y + 1])
            pixels.append(image[x + 1, y + 1])
            pooled[int(x / 2), int(y / 2)] = max(pixels)
    return pooled
