# expect: failed flatten
"""Multiplies the filters by a row instead of the whole image."""


def output_shape(size, kernel, pool, filters, pairs):
    sizes = []
    for _ in range(pairs):
        size = size - kernel + 1
        sizes.append(size)
        size = size // pool
        sizes.append(size)
    sizes.append(size * filters)
    return sizes
