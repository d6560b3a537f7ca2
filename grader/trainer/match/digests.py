"""Computes the digest of each array once, and holds arrays so that an order can name one instead of sending it."""

from __future__ import annotations

import weakref
from typing import Any

import blake3
import numpy as np

from grader.protocol import array_digest
from grader.protocol.arrays import ArraySpec, OrderedSpec

Array = np.ndarray[Any, Any]
ALL_THREADS = blake3.blake3.AUTO
# What is smaller is sent faster than it is named; beyond the second bound, of all that is held, the oldest go.
MIN_ARRAY_BYTES = 4_000_000
MAX_HELD_BYTES = 600_000_000


def compute_array_digest(array: Array, threads: int = ALL_THREADS) -> str:
    """Of dtype, shape and content."""
    spec = ArraySpec(dtype=array.dtype.name, shape=list(array.shape))
    return array_digest.compute_digest(spec, [np.ascontiguousarray(array).reshape(-1).view(np.uint8).data], threads)


class DigestCache:
    """Remembers the digests of arrays as long as these are there; who writes into one must say so.

    Args:
        threads: in which they are taken; 1 in a process that is to be copied, since a copy has none of its threads.
    """

    def __init__(self, threads: int = ALL_THREADS) -> None:
        self.threads = threads
        self._known: dict[int, tuple[weakref.ref[Array], str]] = {}

    def compute_digest(self, array: Array) -> str:
        """`compute_array_digest` of an array that hasn't been written into since it was asked for last."""
        place = id(array)
        # An id passes on to another array once the first is gone, so the array itself is compared.
        reference, known = self._known.get(place, (None, ""))
        if reference is None or reference() is not array:
            known = compute_array_digest(array, self.threads)
            self._known[place] = (weakref.ref(array, lambda _: self._known.pop(place, None)), known)
        return known

    def drop_digest(self, array: Array) -> None:
        """Forgets the digest of an array that is about to be written into."""
        self._known.pop(id(array), None)


class HeldArrays:
    """Arrays by digest, the last used last.

    Args:
        digests: of the arrays that were received.
    """

    def __init__(self, digests: DigestCache) -> None:
        self.digests = digests
        self._arrays: dict[str, Array] = {}

    def keep_array(self, array: Array) -> None:
        """Keeps an array, which from now on nobody may write into."""
        if not MIN_ARRAY_BYTES <= array.nbytes <= MAX_HELD_BYTES:
            return
        digest = self.digests.compute_digest(array)
        # Of two equal arrays the older one stays, since earlier orders may still use it.
        array = self._arrays.pop(digest, array)
        array.flags.writeable = False
        self._arrays[digest] = array
        while self._count_bytes() > MAX_HELD_BYTES:
            del self._arrays[next(iter(self._arrays))]

    def _count_bytes(self) -> int:
        """What all take together; one may be another in a different shape."""
        return sum(nbytes for _, nbytes in {(array.ctypes.data, array.nbytes) for array in self._arrays.values()})

    def copy_held(self) -> dict[str, Array]:
        """What is held at this moment; who has it may use it, whatever goes meanwhile."""
        return dict(self._arrays)


def list_offered_specs(arrays: dict[str, Array]) -> list[OrderedSpec]:
    """What an order may name."""
    return [
        OrderedSpec(dtype=array.dtype.name, shape=list(array.shape), digest=digest) for digest, array in arrays.items()
    ]
