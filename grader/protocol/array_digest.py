"""The digest by which student process and trainer speak of the same array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import blake3

from grader.protocol.arrays import ArraySpec


def compute_digest(spec: ArraySpec, portions: Iterable[Any], threads: int = 1) -> str:
    """BLAKE3 of dtype, shape and content, in hexadecimal; about 3 GB/s on one core.

    Args:
        portions: its bytes in C order, in buffers of any size.
        threads: over how many a large portion is split.
    """
    hasher = blake3.blake3(f"{spec.dtype} {spec.shape} ".encode(), max_threads=threads)
    for portion in portions:
        hasher.update(portion)
    return hasher.hexdigest()
