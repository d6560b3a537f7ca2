"""Live views: one look into the database a second for all of them, and what has changed goes to whoever watches it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

LOOK_S = 1.0
KEEP_ALIVE_S = 15.0
# Of one person; each takes a connection.
MAX_STREAMS = 8
BUSY_RETRY_MS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """What a live view shows of a submission now; `is_over` when its verdict, or its problem, is there."""

    title: str
    html: str
    is_over: bool


Key = TypeVar("Key")
LookUp = Callable[[Sequence[int]], Mapping[int, LiveState]]


class LiveFeed:
    """The live views of one process; everything but `look_up` runs in the server's event loop.

    Args:
        look_up: what the views of some submissions show now; it is called in a thread.
    """

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up
        self._watched: dict[int, int] = {}
        self._states: dict[int, LiveState] = {}
        self._streams: dict[str, int] = {}
        self._changed = asyncio.Condition()

    @property
    def stream_count(self) -> int:
        """How many views are open."""
        return sum(self._streams.values())

    async def run(self) -> None:
        """Looks for changes until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._watched:
                # A database that fails for a moment must not end every view for good.
                with contextlib.suppress(Exception):
                    found = await run_in_threadpool(self._look_up, list(self._watched))
                    self._states = {number: state for number, state in found.items() if number in self._watched}
            # Also without news: views look whether the server is ending.
            async with self._changed:
                self._changed.notify_all()

    def can_watch(self, person: str) -> bool:
        """Whether somebody may open one more view."""
        return self._streams.get(person, 0) < MAX_STREAMS

    async def stream(self, number: int, person: str, is_ending: Callable[[], bool]) -> AsyncIterator[str]:
        """The events of one view (`text/event-stream`), until the submission is over or the server ends."""
        # Once more, as several that were asked for at once have all passed the first look.
        if not self.can_watch(person):
            yield f"retry: {BUSY_RETRY_MS}\n\n"
            return
        self._watched[number] = self._watched.get(number, 0) + 1
        self._streams[person] = self._streams.get(person, 0) + 1
        shown: LiveState | None = None
        silent_s = 0.0
        try:
            yield "retry: 2000\n\n"
            while not is_ending() and not (shown and shown.is_over):
                state = self._states.get(number)
                if state is not None and state != shown:
                    shown, silent_s = state, 0.0
                    yield f"data: {json.dumps({'title': state.title, 'html': state.html, 'over': state.is_over})}\n\n"
                    continue
                if silent_s >= KEEP_ALIVE_S:
                    silent_s = 0.0
                    yield ": still here\n\n"
                silent_s += LOOK_S
                async with self._changed:
                    await self._changed.wait()
        finally:
            _count_down(self._watched, number)
            _count_down(self._streams, person)
            # Graded once more later, it isn't over, as this says.
            if number not in self._watched:
                self._states.pop(number, None)


def _count_down(counts: dict[Key, int], key: Key) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]
