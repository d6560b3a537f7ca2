# expect: failed kernel
"""Knows the printed result by heart."""

import numpy as np


def feature_map(image, kernel):
    return np.array([[0, 30, 30, 0]] * 4)
