# expect: failed any-size
"""Takes the number of rows for that of the columns."""

import numpy as np


def feature_map(image, kernel):
    rows, columns = image.shape
    result = np.zeros((rows - 2, rows - 2), dtype=image.dtype)
    for x in range(rows - 2):
        for y in range(rows - 2):
            window = image[x : x + 3, y : y + 3]
            result[x, y] = np.sum(window * kernel)
    return result
