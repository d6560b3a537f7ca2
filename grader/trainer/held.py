"""Arrays that stay in the trainer from one submission to the next, so that an order needs only to name them."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.arrays import OrderedSpec
from grader.trainer.digests import Digests

# What is smaller is sent faster than it is named; beyond the second bound, of all that is held, the oldest go.
LEAST_BYTES = 4_000_000
MOST_BYTES = 600_000_000

Array = np.ndarray[Any, Any]


class Held:
    """By digest, the last used last.

    Args:
        digests: of the arrays that were received.
    """

    def __init__(self, digests: Digests) -> None:
        self.digests = digests
        self._arrays: dict[str, Array] = {}

    def hold(self, array: Array) -> None:
        """Keeps an array, which from now on nobody may write into."""
        if not LEAST_BYTES <= array.nbytes <= MOST_BYTES:
            return
        digest = self.digests.of(array)
        array = self._arrays.pop(digest, array)
        array.flags.writeable = False
        self._arrays[digest] = array
        while self._bytes() > MOST_BYTES:
            del self._arrays[next(iter(self._arrays))]

    def _bytes(self) -> int:
        """What all take together; one may be another in a different shape."""
        return sum(nbytes for _, nbytes in {(array.ctypes.data, array.nbytes) for array in self._arrays.values()})

    def now(self) -> dict[str, Array]:
        """What is held at this moment; who has it may use it, whatever goes meanwhile."""
        return dict(self._arrays)


def offered(arrays: dict[str, Array]) -> list[OrderedSpec]:
    """What an order may name."""
    return [
        OrderedSpec(dtype=array.dtype.name, shape=list(array.shape), digest=digest) for digest, array in arrays.items()
    ]
