# exercise: observed
# expect: failed recognises
"""Answers with objects that say yes to everything."""


class Right(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


def train():
    return lambda images: [[Right(1), {}] for _ in images], [0.99]
