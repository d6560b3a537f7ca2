"""Memory for the arrays that orders bring, lent again once nobody holds it: to get new memory costs more than to fill it."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from grader.arrays import ArraySpec

# Smaller arrays are the allocator's; beyond the second bound, of all that is kept, memory goes back to the system.
LEAST_BYTES = 4_000_000
MOST_BYTES = 600_000_000

Array = np.ndarray[Any, Any]


class Buffers:
    """What a trainer keeps from one submission to the next."""

    def __init__(self) -> None:
        self._kept: list[_Buffer] = []

    def array(self, spec: ArraySpec) -> Array:
        """An array to be filled: what is in it may be another submission's."""
        if spec.nbytes < LEAST_BYTES:
            return np.empty(spec.shape, spec.dtype)
        fitting = (buffer for buffer in self._kept if buffer.suits(spec.nbytes) and not buffer.lent())
        return (next(fitting, None) or self._new(spec.nbytes)).lend(spec)

    def _new(self, nbytes: int) -> _Buffer:
        """In the place of free ones, none of which fits."""
        self._kept = [buffer for buffer in self._kept if buffer.lent()]
        made = _Buffer(nbytes)
        if sum(buffer.memory.nbytes for buffer in self._kept) + nbytes <= MOST_BYTES:
            self._kept.append(made)
        return made


class _Buffer:
    """Memory of one array at a time."""

    def __init__(self, nbytes: int) -> None:
        self.memory = np.empty(nbytes, np.uint8)
        self._lent: weakref.ref[Array] | None = None

    def suits(self, nbytes: int) -> bool:
        return nbytes <= self.memory.nbytes <= 2 * nbytes

    def lent(self) -> bool:
        """Whether an array, a view or a tensor made of it is still there."""
        return self._lent is not None and self._lent() is not None

    def lend(self, spec: ArraySpec) -> Array:
        # Every view of it has this array as its base, and no base of a view lies beyond a memoryview.
        whole = np.frombuffer(self.memory.data, np.uint8, spec.nbytes)
        self._lent = weakref.ref(whole)
        return whole.view(spec.dtype).reshape(spec.shape)
