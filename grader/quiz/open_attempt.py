"""An attempt that is changed in any order, as by a form: each change is read, made and kept in one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from grader.errors import UsageError
from grader.quiz.model import Quiz
from grader.quiz.sitting import AttemptStore, Sitting, check_fits, find_end_time, submit_sitting


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAttempt:
    """One attempt by its number. It isn't held between two changes, so several forms and terminals may show it."""

    quiz: Quiz
    shelf: AttemptStore
    number: int
    now: Callable[[], datetime]

    def read(self) -> Sitting:
        """The attempt as it is kept. Raises: UsageError: it isn't there, can't be read, or the quiz has changed since."""
        found = next((each for each in self.shelf.list_attempts() if each.attempt == self.number), None)
        if found is None:
            raise UsageError(f"attempt {self.number} of {self.quiz.id} was removed; run the cell again")
        check_fits(found, self.quiz)
        return found

    def change(self, make: Callable[[Sitting], Sitting]) -> Sitting:
        """The attempt after a change. What was handed in meanwhile, or whose time is up, takes none and is handed in.

        Raises:
            UsageError: as `read`, a terminal has the quiz open, or it can't be written.
        """
        with self.shelf.lock_attempts():
            before = self.read()
            if before.submitted is not None:
                return before
            after = submit_sitting(before, self.now()) if self.is_late(before) else make(before)
            self.shelf.save_attempt(after)
            return after

    def is_late(self, sitting: Sitting) -> bool:
        """Whether its time is up."""
        end = find_end_time(sitting, self.quiz)
        return end is not None and self.now() >= end
