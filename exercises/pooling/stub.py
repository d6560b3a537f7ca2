"""Max pooling: of every square of 2 x 2 pixels only the largest value stays."""

import numpy as np


# GRADED FUNCTION: max_pool
def max_pool(image):
    """Halves an image.

    image: a grey image, an array of shape (rows, columns).
    Returns a new array of shape (rows // 2, columns // 2), of the image's dtype. Where the number of rows or columns
    is odd, the last one has no partner and is left out.
    """
    rows, columns = image.shape
    # YOUR CODE STARTS HERE
    # TODO: make the result, of the right size and dtype
    ...
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE
    # TODO: go over its pixels; each is the largest of four pixels of the image
    ...
    # YOUR CODE ENDS HERE
    return pooled
