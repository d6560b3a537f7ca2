"""The reference of `worked_example`: all windows at once, contracted with the kernel."""

import numpy as np


def feature_map(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    return np.einsum("xyij,ij->xy", windows, kernel)
