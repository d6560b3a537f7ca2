"""Watches the memory of a process tree and kills it when it passes the limit."""

from __future__ import annotations

import contextlib
import threading

import psutil

INTERVAL_S = 0.2


class MemoryWatch:
    """A thread that adds up the tree's memory five times a second.

    Args:
        pid: the root of the tree.
        limit: bytes; beyond it the tree's processes are killed.
    """

    def __init__(self, pid: int, limit: int) -> None:
        self.exceeded = False
        self.peak = 0
        self._pid = pid
        self._limit = limit
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopped.wait(INTERVAL_S):
            with contextlib.suppress(psutil.Error):
                processes = psutil.Process(self._pid).children(recursive=True)
                self.peak = max(self.peak, sum(_memory(process) for process in processes))
                if self.peak > self._limit:
                    self.exceeded = True
                    for process in processes:
                        with contextlib.suppress(psutil.Error):
                            process.kill()

    def stop(self) -> None:
        """Ends the watching."""
        self._stopped.set()
        self._thread.join()


def _memory(process: psutil.Process) -> int:
    """Resident memory; pages shared with a forked copy are counted in each."""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
