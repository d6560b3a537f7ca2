"""The reference of `convolution`: nine shifted copies of the whole image, weighted and added."""

import numpy as np


def convolve(image, filter, weight):
    rows, columns = image.shape
    kernel = np.asarray(filter, dtype=np.float64).T  # the course's formula: the filter's second index goes with x
    total = np.zeros((rows - 2, columns - 2))
    for (dx, dy), factor in np.ndenumerate(kernel):
        total += factor * image[dx : dx + rows - 2, dy : dy + columns - 2]
    result = image.copy()
    result[1:-1, 1:-1] = np.clip(total * weight, 0, 255).astype(image.dtype)
    return result
