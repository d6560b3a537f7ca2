"""A frame of zeros around every image, so that networks for larger images take them."""

import numpy as np


# GRADED FUNCTION: pad_images
def pad_images(images, pad=10):
    """Puts a frame of zeros around each image.

    images: an array of shape (number, rows, columns, channels).
    pad: how many rows and columns of zeros are added on each side.
    Returns an array of the same dtype, of shape (number, rows + 2 * pad, columns + 2 * pad, channels).
    """
    # YOUR CODE STARTS HERE: make the padded images
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    # YOUR CODE ENDS HERE
    return padded
