"""A convolution: every pixel becomes the weighted sum of itself and its eight neighbours."""

import numpy as np


# GRADED FUNCTION: convolve
def convolve(image, filter, weight):
    """Filters a grey image.

    image: an array of shape (rows, columns), with whole numbers from 0 to 255.
    filter: three lists of three numbers.
    weight: a number; each sum is multiplied by it.
    Returns a new array of the image's shape and dtype. The outermost pixels stay as they are.
    """
    # YOUR CODE STARTS HERE
    # TODO: start with a copy of the image
    ...
    # YOUR CODE ENDS HERE
    size_x, size_y = image.shape

    # YOUR CODE STARTS HERE
    # TODO: go over all pixels that have eight neighbours and write the new value into the result
    ...
    # YOUR CODE ENDS HERE
    return result
