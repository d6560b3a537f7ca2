"""Digests of arrays: each is taken once, however often it is asked for."""

from __future__ import annotations

import weakref
from typing import Any

import blake3
import numpy as np

from grader import digesting
from grader.arrays import ArraySpec

Array = np.ndarray[Any, Any]


ALL = blake3.blake3.AUTO


def digest(array: Array, threads: int = ALL) -> str:
    """Of dtype, shape and content."""
    spec = ArraySpec(dtype=array.dtype.name, shape=list(array.shape))
    return digesting.digest(spec, [np.ascontiguousarray(array).reshape(-1).view(np.uint8).data], threads)


class Digests:
    """Remembers the digests of arrays as long as these are there; who writes into one must say so.

    Args:
        threads: in which they are taken; 1 in a process that is to be copied, since a copy has none of its threads.
    """

    def __init__(self, threads: int = ALL) -> None:
        self.threads = threads
        self._known: dict[int, tuple[weakref.ref[Array], str]] = {}

    def of(self, array: Array) -> str:
        """`digest` of an array that hasn't been written into since it was asked for last."""
        place = id(array)
        reference, known = self._known.get(place, (None, ""))
        if reference is None or reference() is not array:
            known = digest(array, self.threads)
            self._known[place] = (weakref.ref(array, lambda _: self._known.pop(place, None)), known)
        return known

    def forget(self, array: Array) -> None:
        """It will be written into."""
        self._known.pop(id(array), None)
