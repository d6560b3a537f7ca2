"""Processes that wait for a file: started and importing before the save that needs them."""

from __future__ import annotations

import contextlib
import select
import threading
from dataclasses import replace

from msgspec import structs

from grader.engines import pair
from grader.errors import GradeError


class LentPair(pair.ProcessPair):
    """A pair that ends on its own time: half a gigabyte each to give back, which no answer has to wait for."""

    def __init__(self, given: pair.ProcessPair) -> None:
        super().__init__(given.student, given.trainer)
        self._ending = threading.Thread(target=super().kill)

    def kill(self) -> None:
        """Begins to end both; idempotent."""
        # A thread can be started once only, and an attempt may end its pair twice.
        if self._ending.ident is None:
            self._ending.start()

    def wait(self) -> None:
        """Until both have ended, where that was begun."""
        if self._ending.ident is not None:
            self._ending.join()


class WarmProcesses:
    """Keeps one pair waiting, lends it where it is the right one, and starts another one otherwise.

    Args:
        start: what starts a pair for a file that is there, and
        start_early: one that will wait for it.
    """

    def __init__(
        self, start: pair.StartPair = pair.start_pair, start_early: pair.StartPair = pair.start_early_pair
    ) -> None:
        self._start, self._start_early = start, start_early
        self._waiting: tuple[pair.ProcessPair, pair.PairRequest] | None = None
        self._next: pair.PairRequest | None = None
        self._lent: LentPair | None = None

    def prepare(self, request: pair.PairRequest | None = None, *, early: bool = True) -> None:
        """Starts a pair if none waits; an error in starting is reported when the pair is needed.

        Args:
            request: what the next pairs will be needed for; None for the same as before.
            early: whether the file that needs it is still to come.
        """
        self._next = self._next if request is None else structs.replace(request, files={})
        if self._waiting is None and self._next is not None:
            self._wait_for_lent()
            with contextlib.suppress(GradeError):
                start = self._start_early if early else self._start
                self._waiting = start(self._next), self._next

    def is_ready(self) -> bool:
        """Whether the pair that waits has imported everything (or ended); True where none waits."""
        if self._waiting is None:
            return True
        lent, _ = self._waiting
        spoken = [lent.student.sock, lent.trainer.sock]
        # Each says hello when its imports are done, and a closed connection can be read, too.
        return len(select.select(spoken, [], [], 0)[0]) == len(spoken)

    def __call__(self, request: pair.PairRequest) -> pair.ProcessPair:
        """The pair for a graded attempt, which ends it."""
        self._next = structs.replace(request, files={})
        return self._give_pair(self._next, request)

    def start_untrained(self, request: pair.PairRequest) -> pair.ProcessPair:
        """The pair for an attempt that trains nothing, whatever the trainer's threads."""
        self._next = wanted = structs.replace(request, files={})
        if self._waiting is not None:
            # Without a training the number of threads makes no difference, so either pair will do.
            one_thread = self._waiting[1].trainer.one_thread
            wanted = structs.replace(wanted, trainer=replace(wanted.trainer, one_thread=one_thread))
        return self._give_pair(wanted, request)

    def _give_pair(self, wanted: pair.PairRequest, request: pair.PairRequest) -> pair.ProcessPair:
        self._wait_for_lent()
        self._lent = LentPair(self._take_waiting(wanted) or self._start(request))
        return self._lent

    def _wait_for_lent(self) -> None:
        """Waits until the pair that was lent last has ended."""
        if self._lent is not None:
            self._lent.wait()
            self._lent = None

    def _take_waiting(self, wanted: pair.PairRequest) -> pair.ProcessPair | None:
        """The pair that waits, if it is such a one and alive; another one is ended."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return None
        if waiting[1] == wanted and waiting[0].student.is_alive():
            return waiting[0]
        waiting[0].kill()
        return None

    def close(self) -> None:
        """Ends the pair that waits, and forgets what it was for; one that was lent has ended afterwards, too."""
        self._wait_for_lent()
        waiting, self._waiting, self._next = self._waiting, None, None
        if waiting is not None:
            waiting[0].kill()
