# exercise: observed
# expect: failed recognises
"""Answers with numbers that are equal to every other."""
import numpy as np


class Right(np.ndarray):
    def __eq__(self, other):
        return True

    def tolist(self):
        return "all of them"

    __hash__ = None


def train():
    return lambda images: np.ones(len(images), int).view(Right), [0.99]
