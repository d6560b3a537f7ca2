"""Writes what a student has reached: whole or not at all, and alone among the terminals of one user."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from filelock import FileLock
from msgspec import structs

from grader.filing import write_whole
from grader.standing import Best, Shelf, Standing
from grader.verdict import Verdict

LOCKED_S = 2.0


class Book(Shelf):
    """A course's file, to be read and written."""

    def note(self, verdict: Verdict) -> None:
        """Remembers a verdict on what was run, where it is better than what was reached before. Raises: OSError."""
        if verdict.status == "error" or verdict.end == "not_started":
            return
        found = Best(passed=verdict.status == "passed", score=verdict.score, max_score=verdict.max_score)

        def change(standing: Standing) -> Standing:
            before = standing.best.get(verdict.exercise)
            if before is not None and (before.passed, before.score) >= (found.passed, found.score):
                return standing
            return structs.replace(standing, best=standing.best | {verdict.exercise: found})

        self._change(change)

    def note_hints(self, exercise: str, count: int) -> None:
        """Remembers how many hints of an exercise were shown. Raises: OSError."""
        self._change(lambda standing: structs.replace(standing, hints=standing.hints | {exercise: count}))

    def _change(self, change: Callable[[Standing], Standing]) -> None:
        """Reads, changes and writes whole or not at all, alone among the terminals of this user."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock"), timeout=LOCKED_S):
            write_whole(self.path, msgspec.json.encode(change(self.read())))
