"""What CUDA, its libraries and TensorFlow say where a GPU has no memory left, such as where another program holds it all."""

from __future__ import annotations

import re

# A full card refuses handles, copies and whole libraries before it refuses memory, each in words of its own.
CARD_FULL = re.compile(
    r"out of memory|out_of_memory|resource_exhausted|(cudnn|cublas)_status_(alloc_failed|not_initialized)"
    r"|failed to create cu(blas|dnn|solver|sparse|fft)\w* (handle|instance)|dst tensor is not initialized"
    r"|dnn library (is not found|initialization failed)|cudnn failed to initialize|without blas support",
    re.IGNORECASE,
)


def says_card_full(text: str) -> bool:
    """Whether a device's error is for want of memory.

    >>> says_card_full("CUDA_ERROR_OUT_OF_MEMORY: out of memory"), says_card_full("CUDA_ERROR_ILLEGAL_ADDRESS")
    (True, False)
    """
    return CARD_FULL.search(text) is not None


def pick_last_words(text: str) -> str:
    r"""The line that says why a process ended: the last, or of a card's the one that says that it is full.

    >>> pick_last_words("F0 CUDA_ERROR_OUT_OF_MEMORY\n*** Check failure stack trace: ***\n    @ 0x7f")
    'F0 CUDA_ERROR_OUT_OF_MEMORY'
    """
    lines = text.strip().splitlines() or [""]
    return next((line for line in reversed(lines) if says_card_full(line)), lines[-1])
