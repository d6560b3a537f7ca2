"""The line from a process to the front that started it: when the front is gone, however it ended, so is the process.

A signal of the system for this (PR_SET_PDEATHSIG) would come when the *thread* ends that started a process.
"""

from __future__ import annotations

import os
import select
import threading

# Where the system doesn't tell of the other end alone, an error or the end of both tells of it.
GONE = getattr(select, "POLLRDHUP", 0)


def hold(line: int) -> None:
    """Ends this process at once when the other end of a socket is closed, whatever it is doing then.

    Args:
        line: a descriptor, which others may read from and write to meanwhile.
    """
    threading.Thread(target=_wait, args=(line,), name="lifeline", daemon=True).start()


def _wait(line: int) -> None:
    waiting = select.poll()
    waiting.register(line, GONE)
    waiting.poll()
    os._exit(0)
