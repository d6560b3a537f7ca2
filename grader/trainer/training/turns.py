"""Lets submissions that order the same training take turns; nobody waits for another student's callbacks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Self

from grader.protocol.wire import Answer, Event
from grader.stores.store import Store
from grader.trainer.training.feeding import Array
from grader.trainer.training.loop import AskCallbacks

WAIT_S = 1.0
MOST_WAITS = 900


class Turn:
    """Holds a training while steps of it are done; two that train it at once only waste time, since they get the same.

    Args:
        key: of the training.
        at_work: called every second of waiting, which doesn't count as training.
    """

    def __init__(self, store: Store, key: str, at_work: Callable[[float], None]) -> None:
        self.store, self.key, self.at_work = store, key, at_work
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        # After fifteen minutes it trains anyway, which costs time but gives the same figures.
        for _ in range(MOST_WAITS):
            if self._take(WAIT_S):
                break
            self.at_work(WAIT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def left_while(self, ask: AskCallbacks) -> AskCallbacks:
        """The same `ask` without the turn: callbacks may sleep for as long as they like.

        Afterwards the turn is taken back where nobody has it; else both go on.
        """

        def asked(event: Event, weights: list[Array]) -> Answer:
            self._held.close()
            answer = ask(event, weights)
            self._take(0.0)
            return answer

        return asked

    def _take(self, wait_s: float) -> bool:
        with contextlib.ExitStack() as stack:
            if stack.enter_context(self.store.lock_entry(self.key, wait_s)):
                self._held = stack.pop_all()
                return True
        return False
