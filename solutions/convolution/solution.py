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
    # YOUR CODE STARTS HERE: start with a copy of the image
    result = np.copy(image)
    # YOUR CODE ENDS HERE
    size_x, size_y = image.shape

    # YOUR CODE STARTS HERE: go over all pixels that have eight neighbours and write the new value into the result
    for x in range(1, size_x - 1):
        for y in range(1, size_y - 1):
            convolution = 0.0
            convolution = convolution + (image[x - 1, y - 1] * filter[0][0])
            convolution = convolution + (image[x, y - 1] * filter[0][1])
            convolution = convolution + (image[x + 1, y - 1] * filter[0][2])
            convolution = convolution + (image[x - 1, y] * filter[1][0])
            convolution = convolution + (image[x, y] * filter[1][1])
            convolution = convolution + (image[x + 1, y] * filter[1][2])
            convolution = convolution + (image[x - 1, y + 1] * filter[2][0])
            convolution = convolution + (image[x, y + 1] * filter[2][1])
            convolution = convolution + (image[x + 1, y + 1] * filter[2][2])
            convolution = convolution * weight
            if convolution < 0:
                convolution = 0
            if convolution > 255:
                convolution = 255
            result[x, y] = convolution
    # YOUR CODE ENDS HERE
    return result
