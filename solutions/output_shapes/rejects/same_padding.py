# expect: failed convolution
"""Leaves the size as padding would."""


def output_shape(size, kernel, pool, filters, pairs):
    sizes = []
    for _ in range(pairs):
        size = size
        sizes.append(size)
        size = size // pool
        sizes.append(size)
    sizes.append(size * size * (filters if pairs else 1))
    return sizes
