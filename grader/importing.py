"""Imports of what is as large as TensorFlow; it never imports anything itself."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Imports without the garbage collector, which costs a quarter of TensorFlow's import and finds nothing.

    What was imported stays out of every later search too, so that none of them takes a third of a second, nor, in a
    copy of the process, touches every page.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
