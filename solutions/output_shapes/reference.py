"""The reference of `output_shapes`: counts the places where a window fits, instead of computing them."""


def output_shape(size, kernel, pool, filters, pairs):
    pixels = list(range(size))
    sizes = []
    for _ in range(pairs):
        pixels = [start for start in pixels if start + kernel <= len(pixels)]
        sizes.append(len(pixels))
        pixels = list(range(len([start for start in pixels[::pool] if start + pool <= len(pixels)])))
        sizes.append(len(pixels))
    images = filters if pairs else 1
    return [*sizes, len(pixels) ** 2 * images]
