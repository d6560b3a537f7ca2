"""What a convolutional layer does: a small kernel moves over the image and leaves a feature map."""

import numpy as np


# GRADED FUNCTION: feature_map
def feature_map(image, kernel):
    """Moves the kernel over the image.

    image: an array of whole numbers, of shape (rows, columns).
    kernel: an array of whole numbers, of shape (3, 3).
    Returns an array of shape (rows - 2, columns - 2).
    """
    rows, columns = image.shape
    # YOUR CODE STARTS HERE: make a feature map of the right size
    result = np.zeros((rows - 2, columns - 2), dtype=image.dtype)
    # YOUR CODE ENDS HERE
    for x in range(rows - 2):
        for y in range(columns - 2):
            # YOUR CODE STARTS HERE: the sum of the window's nine pixels, each times its number in the kernel
            result[x, y] = np.sum(image[x : x + 3, y : y + 3] * kernel)
            # YOUR CODE ENDS HERE
    return result
