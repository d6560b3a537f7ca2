"""The reference of `pooling`: squares as two more axes, and the maximum over those."""


def max_pool(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return image[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2).max(axis=(1, 3))
