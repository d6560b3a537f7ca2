# expect: failed input
"""Collects the largest values in the image itself and returns a copy of its corner."""


def max_pool(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    for x in range(rows):
        for y in range(columns):
            image[x, y] = image[2 * x : 2 * x + 2, 2 * y : 2 * y + 2].max()
    return image[:rows, :columns].copy()
