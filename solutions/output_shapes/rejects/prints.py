# expect: failed convolution
"""Prints the list instead of returning it."""


def output_shape(size, kernel, pool, filters, pairs):
    sizes = []
    for _ in range(pairs):
        size = size - kernel + 1
        sizes.append(size)
        size = size // pool
        sizes.append(size)
    sizes.append(size * size * (filters if pairs else 1))
    print(sizes)
