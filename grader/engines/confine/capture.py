"""Reads what a process prints, up to a bound, without ever waiting for its end."""

from __future__ import annotations

import os
import select
import threading
import time
from typing import IO

CHUNK_BYTES = 65536
TICK_S = 0.05
PAUSE_S = 0.002  # between reads of what is thrown away: a flood of it shall not keep the grader busy


class OutputCapture:
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
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._read_pipe, daemon=True)
        self._thread.start()

    def _read_pipe(self) -> None:
        while not self._stopped.wait(PAUSE_S if self.exceeded else 0):
            if self._is_readable(TICK_S) and not self._take_chunk():
                return

    def _is_readable(self, wait_s: float = 0.0) -> bool:
        waiting = select.poll()
        waiting.register(self._pipe.fileno(), select.POLLIN)
        return bool(waiting.poll(wait_s * 1000))

    def _take_chunk(self) -> bool:
        """Takes in what the pipe holds, if another thread hasn't; False at its end."""
        with self._turn:
            # The other thread may have emptied the pipe since, and a read would then wait.
            if not self._is_readable():
                return True
            chunk = os.read(self._pipe.fileno(), CHUNK_BYTES)
            # Reading goes on beyond the bound, or the process would hang at a full pipe.
            room = self._limit - len(self._data)
            self._data += chunk[:room]
            self.exceeded = self.exceeded or len(chunk) > room
            return bool(chunk)

    def read_text(self, *, ending: bool = True) -> str:
        """What was kept, as text; bytes that aren't UTF-8 as escapes.

        Args:
            ending: whether the process may be about to end, so that its last words are waited for, a moment.
        """
        if ending:
            self._thread.join(TICK_S)
        end = time.monotonic() + TICK_S
        # Takes what is there at once, as the thread may be between two looks.
        while self._thread.is_alive() and self._is_readable() and time.monotonic() < end:
            self._take_chunk()
        with self._turn:
            return bytes(self._data).decode("utf-8", "backslashreplace")

    def stop(self) -> None:
        """Stops reading and closes the pipe."""
        self._stopped.set()
        self._thread.join()
        self._pipe.close()
