# expect: failed convolution
"""Takes two pixels off, whatever the kernel is."""


def output_shape(size, kernel, pool, filters, pairs):
    sizes = []
    for _ in range(pairs):
        size = size - 2
        sizes.append(size)
        size = size // pool
        sizes.append(size)
    sizes.append(size * size * (filters if pairs else 1))
    return sizes
