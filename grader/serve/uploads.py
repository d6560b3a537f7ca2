"""How much may come in at a time: of one person, and of all together."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator

# Requests with a body that are answered at a time; the largest file may have 50 MB.
MAX_IN_MEMORY = 4


class UploadLimits:
    """How many files come in at a time; used in the server's event loop only."""

    def __init__(self) -> None:
        self.in_memory = asyncio.Semaphore(MAX_IN_MEMORY)
        self._people: Counter[str] = Counter()

    @contextlib.contextmanager
    def count_person(self, person: str) -> Iterator[int]:
        """How many forms of somebody are coming in, with this one."""
        self._people[person] += 1
        try:
            yield self._people[person]
        finally:
            self._people[person] -= 1
            if not self._people[person]:
                del self._people[person]
