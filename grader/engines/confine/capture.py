"""Reads what a process prints, up to a bound, without ever waiting for its end."""

from __future__ import annotations

import os
import select
import threading
from typing import IO

CHUNK = 65536
TICK_S = 0.05


class Capture:
    """A thread that reads a pipe; what goes beyond the bound is thrown away and noted.

    Args:
        pipe: the reading end.
        limit: bytes to keep.
    """

    def __init__(self, pipe: IO[bytes], limit: int) -> None:
        self.exceeded = False
        self._pipe = pipe
        self._limit = limit
        self._data = bytearray()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        descriptor = self._pipe.fileno()
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        while not self._stopped.is_set():
            if not waiting.poll(TICK_S * 1000):
                continue
            chunk = os.read(descriptor, CHUNK)
            if not chunk:
                return
            room = self._limit - len(self._data)
            self._data += chunk[:room]
            self.exceeded = self.exceeded or len(chunk) > room

    def text(self) -> str:
        """What was kept, as text; bytes that aren't UTF-8 as escapes."""
        self._thread.join(TICK_S)
        return bytes(self._data).decode("utf-8", "backslashreplace")

    def stop(self) -> None:
        """Stops reading and closes the pipe."""
        self._stopped.set()
        self._thread.join()
        self._pipe.close()
