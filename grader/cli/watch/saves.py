"""When a file is saved or deleted, seen by looking at it; asks no service of the system, and runs nothing."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

SETTLE_S = 0.05
MIN_GONE_S = 1.0
FileSignature = tuple[int, int, int] | None


class SaveWatcher:
    """One file, watched by looking at it; no watcher of the system's that could be missing or have run out.

    Args:
        path: may be missing, or be replaced by another file, as many editors do.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = self._read_signature()
        self._gone_since_s: float | None = None

    def has_changed(self) -> bool:
        """Whether it was saved since this was asked last; waits for an editor that is still writing."""
        found = self._read_signature()
        if found == self._seen:
            return False
        while True:
            time.sleep(SETTLE_S)
            before, found = found, self._read_signature()
            if found == before:
                self._seen = found
                return found is not None

    def has_gone(self) -> bool:
        """Whether it has been missing for a second, which is said once; shorter than that an editor replaces it."""
        if self._seen is not None or self._read_signature() is not None:
            self._gone_since_s = None
            return False
        if self._gone_since_s is None:
            self._gone_since_s = time.monotonic()
        gone = time.monotonic() - self._gone_since_s > MIN_GONE_S
        # Infinity is never exceeded again.
        self._gone_since_s = math.inf if gone else self._gone_since_s
        return gone

    def _read_signature(self) -> FileSignature:
        """Time, size and number of the file; None where there is none. Opening it makes a network drive look anew."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            found = os.fstat(handle)
        finally:
            os.close(handle)
        # The number as well: editors that save by renaming may keep time and size.
        return found.st_mtime_ns, found.st_size, found.st_ino
