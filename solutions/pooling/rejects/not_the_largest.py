# expect: failed even-sizes
"""Takes the mean of the four pixels, as average pooling does."""

import numpy as np


def max_pool(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    pooled = np.zeros((rows, columns), dtype=image.dtype)
    for x in range(rows):
        for y in range(columns):
            pooled[x, y] = image[2 * x : 2 * x + 2, 2 * y : 2 * y + 2].mean()
    return pooled
