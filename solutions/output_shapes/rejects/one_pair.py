# expect: failed summary
"""Stops after the first pair."""


def output_shape(size, kernel, pool, filters, pairs):
    sizes = []
    for _ in range(min(pairs, 1)):
        size = size - kernel + 1
        sizes.append(size)
        size = size // pool
        sizes.append(size)
    sizes.append(size * size * (filters if pairs else 1))
    return sizes
