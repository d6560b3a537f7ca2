"""Processes that wait for a file: started and importing before the save that needs them."""

from __future__ import annotations

import contextlib
import select
from collections.abc import Callable

from msgspec import structs

from grader.engines import pair
from grader.errors import GradeError


class Warm:
    """Keeps one pair waiting, lends it where it is the right one, and starts another one otherwise.

    Args:
        start: what starts a pair.
    """

    def __init__(self, start: Callable[[pair.Request], pair.Pair] = pair.start) -> None:
        self._start = start
        self._waiting: pair.Pair | None = None
        self._request: pair.Request | None = None

    def prepare(self, request: pair.Request | None = None) -> None:
        """Starts a pair if none waits; what stands in its way shows when it is needed.

        Args:
            request: what it will be needed for; None for the same as before.
        """
        self._request = self._request if request is None else structs.replace(request, files={})
        if self._waiting is None and self._request is not None:
            with contextlib.suppress(GradeError):
                self._waiting = self._start(self._request)

    def ready(self) -> bool:
        """Whether the pair that waits has imported everything (or ended); True where none waits."""
        if self._waiting is None:
            return True
        spoken = [self._waiting.student.sock, self._waiting.trainer.sock]
        return len(select.select(spoken, [], [], 0)[0]) == len(spoken)

    def __call__(self, request: pair.Request) -> pair.Pair:
        """The pair for a graded attempt, which ends it."""
        wanted = structs.replace(request, files={})
        waiting, self._waiting = self._waiting, None
        if waiting is not None and self._request == wanted and waiting.student.alive():
            return waiting
        if waiting is not None:
            waiting.kill()
        self._request = wanted
        return self._start(request)

    def untrained(self, request: pair.Request) -> pair.Pair:
        """The pair for an attempt that trains nothing, whatever the trainer's threads."""
        same = request if self._request is None else structs.replace(request, one_thread=self._request.one_thread)
        return self(same)

    def close(self) -> None:
        """Ends the pair that waits, and forgets what it was for."""
        waiting, self._waiting, self._request = self._waiting, None, None
        if waiting is not None:
            waiting.kill()
