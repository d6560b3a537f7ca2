"""Tells when a file was saved: one look every tenth of a second, which works on network drives and in containers too."""

from __future__ import annotations

import os
import time
from pathlib import Path

SETTLED_S = 0.05
Signature = tuple[int, int, int] | None


class Saves:
    """One file, watched by looking at it; no watcher of the system's that could be missing or have run out.

    Args:
        path: may be missing, or be replaced by another file, as many editors do.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = self._signature()

    def changed(self) -> bool:
        """Whether it was saved since this was asked last; waits for an editor that is still writing."""
        found = self._signature()
        if found == self._seen:
            return False
        while True:
            time.sleep(SETTLED_S)
            before, found = found, self._signature()
            if found == before:
                self._seen = found
                return found is not None

    def _signature(self) -> Signature:
        """Time, size and number of the file; None where there is none. Opening it makes a network drive look anew."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            found = os.fstat(handle)
        finally:
            os.close(handle)
        return found.st_mtime_ns, found.st_size, found.st_ino
