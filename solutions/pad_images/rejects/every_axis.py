# expect: failed shape
"""Pads every axis, so that there are black images and channels."""

import numpy as np


def pad_images(images, pad=10):
    return np.pad(images, pad)
