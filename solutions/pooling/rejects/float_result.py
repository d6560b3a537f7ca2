# expect: failed dtype
"""`np.zeros` without a dtype makes floating point numbers."""

import numpy as np


def max_pool(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    pooled = np.zeros((rows, columns))
    for x in range(rows):
        for y in range(columns):
            pooled[x, y] = image[2 * x : 2 * x + 2, 2 * y : 2 * y + 2].max()
    return pooled
