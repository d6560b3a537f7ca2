"""Lets submissions that order the same training take turns; nobody waits for another student's callbacks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Self

from grader.protocol.orders import Answer, Event
from grader.stores.store import Store
from grader.trainer.training.feeding import Array
from grader.trainer.training.loop import AskCallbacks

WAIT_S = 1.0
MAX_WAITS = 900


class Turn:
    """Holds a training while it runs; two that train it at once only waste time, since they get the same.

    Args:
        key: of the training.
        at_work: called every second of waiting, which doesn't count as training.
    """

    def __init__(self, store: Store, key: str, at_work: Callable[[float], None]) -> None:
        self.store, self.key, self.at_work = store, key, at_work
        self._held = contextlib.ExitStack()
        self._has_turn = False
        self._marker = store.find_marker(key)

    def __enter__(self) -> Self:
        # After fifteen minutes it trains anyway, which costs time but gives the same figures.
        for _ in range(MAX_WAITS):
            if self._take(WAIT_S):
                self._mark(asking=False)  # whoever had it before may have been killed while asking
                break
            self.at_work(WAIT_S)
            if self._is_holder_asking():
                break
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def left_while(self, ask: AskCallbacks) -> AskCallbacks:
        """The same `ask`, with a mark for those who wait: callbacks may sleep for as long as they like, and nobody waits for that."""

        def asked(event: Event, weights: list[Array]) -> Answer:
            self._mark(asking=True)
            try:
                return ask(event, weights)
            finally:
                self._mark(asking=False)

        return asked

    def _mark(self, *, asking: bool) -> None:
        """Tells those who wait that a student is asked, or no longer; where it can't be written they wait."""
        # The mark is the holder's: whoever trains beside it would take it away while the holder still asks.
        if self._marker is None or not self._has_turn:
            return
        with contextlib.suppress(OSError):
            if asking:
                self._marker.touch()
            else:
                self._marker.unlink(missing_ok=True)

    def _is_holder_asking(self) -> bool:
        """Whether a student has been asked for longer than an ordinary callback takes."""
        try:
            return self._marker is not None and time.time() - self._marker.stat().st_mtime > WAIT_S
        except OSError:
            return False

    def _take(self, wait_s: float) -> bool:
        with contextlib.ExitStack() as stack:
            if stack.enter_context(self.store.lock_entry(self.key, wait_s)):
                self._held, self._has_turn = stack.pop_all(), True
        return self._has_turn
