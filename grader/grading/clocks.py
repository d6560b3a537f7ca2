"""Who has the turn, and for how long: the student's code and the training are timed apart, imports aren't timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

Turn = Literal["startup", "student", "training", "measuring"]


class OutOfTime(Exception):
    """A turn took longer than its limit."""

    def __init__(self, turn: Turn, limit_s: float) -> None:
        self.turn = turn
        self.limit_s = limit_s
        super().__init__(f"{turn}: {limit_s:g} s")


class Clocks:
    """Adds up wall time per turn.

    Args:
        limits_s: the limit of each turn in seconds; one that isn't named has none.
        now: the clock, in seconds.
    """

    def __init__(self, limits_s: dict[Turn, float], now: Callable[[], float] = time.monotonic) -> None:
        self.limits_s = limits_s
        self.now = now
        self.spent_s: dict[Turn, float] = {}
        self.turn: Turn = "startup"
        self._since = now()

    @contextmanager
    def of(self, turn: Turn) -> Iterator[None]:
        """Everything inside counts for `turn`."""
        before, self.turn = self._switch(turn), turn
        try:
            yield
        finally:
            self._switch(before)

    def _switch(self, turn: Turn) -> Turn:
        now, before = self.now(), self.turn
        self.spent_s[before] = self.spent_s.get(before, 0.0) + now - self._since
        self._since, self.turn = now, turn
        return before

    def elapsed_s(self, turn: Turn) -> float:
        """Wall time of a turn so far, in seconds."""
        running = self.now() - self._since if turn == self.turn else 0.0
        return self.spent_s.get(turn, 0.0) + running

    def left_s(self, turn: Turn) -> float:
        """Time left under a turn's limit, in seconds (negative when it is over)."""
        return self.limits_s.get(turn, float("inf")) - self.elapsed_s(turn)

    def check(self) -> None:
        """Raises: OutOfTime: the turn that is on has used up its limit."""
        if self.left_s(self.turn) < 0:
            raise OutOfTime(self.turn, self.limits_s[self.turn])
