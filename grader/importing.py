"""Imports of what is as large as TensorFlow, and versions of what may be imported; it never imports anything itself."""

from __future__ import annotations

import contextlib
import gc
import importlib.metadata
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


def find_version(package: str) -> str | None:
    """The version of an installed package; None where it isn't installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
