"""The sizes of an image on its way through pairs of convolution and pooling."""


# GRADED FUNCTION: output_shape
def output_shape(size, kernel, pool, filters, pairs):
    """Computes what `model.summary()` would print.

    size: rows and columns of the square grey input image.
    kernel: rows and columns of the filters, 3 for Conv2D(filters, (3, 3)).
    pool: rows and columns of the pooling, 2 for MaxPooling2D(2, 2).
    filters: the number of filters of each convolution.
    pairs: how many times a convolution and a pooling follow each other.
    Returns a list: the size after each of these layers, then the number of values after Flatten.
    """
    sizes = []
    for _ in range(pairs):
        # YOUR CODE STARTS HERE: the size after the convolution, then after the pooling; append both
        size = size - kernel + 1
        sizes.append(size)
        size = size // pool
        sizes.append(size)
        # YOUR CODE ENDS HERE
    # YOUR CODE STARTS HERE: append the number of values after Flatten
    sizes.append(size * size * (filters if pairs else 1))
    # YOUR CODE ENDS HERE
    return sizes
