"""Times the turns of one attempt, and says when one has used up its limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

ClockTurn = Literal["startup", "student", "training", "measuring"]


class TurnTimeout(Exception):
    """A turn took longer than its limit."""

    def __init__(self, turn: ClockTurn, limit_s: float) -> None:
        self.turn = turn
        self.limit_s = limit_s
        super().__init__(f"{turn}: {limit_s:g} s")


class TurnClocks:
    """Adds up wall time per turn.

    Args:
        limits_s: the limit of each turn in seconds; one that isn't named has none.
        now: the clock, in seconds.
    """

    def __init__(self, limits_s: dict[ClockTurn, float], now: Callable[[], float] = time.monotonic) -> None:
        self.limits_s = limits_s
        self.now = now
        self.spent_s: dict[ClockTurn, float] = {}
        self.turn: ClockTurn = "startup"
        self._since = now()

    @contextmanager
    def measure_turn(self, turn: ClockTurn) -> Iterator[None]:
        """Everything inside counts for `turn`."""
        before, self.turn = self._change_turn(turn), turn
        try:
            yield
        finally:
            self._change_turn(before)

    def _change_turn(self, turn: ClockTurn) -> ClockTurn:
        now, before = self.now(), self.turn
        self.spent_s[before] = self.spent_s.get(before, 0.0) + now - self._since
        # Turns nest, so time counts for the innermost one only and is never counted twice.
        self._since, self.turn = now, turn
        return before

    def compute_elapsed_s(self, turn: ClockTurn) -> float:
        """Wall time of a turn so far, in seconds."""
        running = self.now() - self._since if turn == self.turn else 0.0
        return self.spent_s.get(turn, 0.0) + running

    def compute_left_s(self, turn: ClockTurn) -> float:
        """Time left under a turn's limit, in seconds (negative when it is over)."""
        return self.limits_s.get(turn, float("inf")) - self.compute_elapsed_s(turn)

    def check_limit(self) -> None:
        """Raises: TurnTimeout: the turn that is on has used up its limit."""
        if self.compute_left_s(self.turn) < 0:
            raise TurnTimeout(self.turn, self.limits_s[self.turn])
