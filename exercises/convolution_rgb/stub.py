"""A convolution of a picture in colours: blur, edge, sharpen, emboss."""

import numpy as np


# GRADED FUNCTION: convolve_rgb
def convolve_rgb(image, filter):
    """Filters a picture in colours.

    image: an array of shape (rows, columns, 3), dtype uint8: red, green and blue from 0 to 255.
    filter: an array of shape (3, 3).
    Returns a new array of the same shape and dtype. The outermost pixels stay as they are.
    """
    # YOUR CODE STARTS HERE
    # TODO: start with a copy of the image
    ...
    # YOUR CODE ENDS HERE
    size_x, size_y, channels = image.shape

    for x in range(1, size_x - 1):
        for y in range(1, size_y - 1):
            # YOUR CODE STARTS HERE
            # TODO: for each channel add nine products, clamp the sum, and write it into the result
            ...
            # YOUR CODE ENDS HERE
    return result
