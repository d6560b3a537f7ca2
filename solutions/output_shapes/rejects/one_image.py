# expect: failed flatten
"""Counts the pixels of one feature map only."""


def output_shape(size, kernel, pool, filters, pairs):
    sizes = []
    for _ in range(pairs):
        size = size - kernel + 1
        sizes.append(size)
        size = size // pool
        sizes.append(size)
    sizes.append(size * size)
    return sizes
