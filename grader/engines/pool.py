"""Processes for many submissions: trainers that serve one after another, and student processes as copies of one.

A trainer never sees student code, so it may go on to the next submission; a student process is used once.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator

from grader.engines import confine
from grader.engines.confine.copies import POSSIBLE, Nursery
from grader.engines.pair import Pair, Request, start
from grader.engines.trainer import Backend, Device, TrainerProcess

# A trainer whose submission has ended may still be in the middle of an epoch; longer than this isn't waited for it.
REST_S = 2.0
# After so many submissions a trainer is replaced, whatever it may have kept in memory.
MOST_SERVED = 200

Kind = tuple[Device, Backend, bool, bool]


class Warm:
    """One trainer of the pool.

    Args:
        kind: device, backend, one thread or more, with a store or without.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        device, backend, one_thread, stored = kind
        self.process = TrainerProcess(device, backend=backend, one_thread=one_thread, stored=stored, pooled=True)
        self.served = 0

    def connect(self) -> socket.socket | None:
        """A connection for the next submission; None where the trainer has ended."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self.process.sock, [b"."], [theirs.fileno()])
            except OSError:
                ours.close()
                return None
        self.served += 1
        return ours

    def rested(self, wait_s: float) -> bool:
        """Whether it has ended its last submission and can take another."""
        self.process.sock.settimeout(wait_s)
        try:
            return bool(self.process.sock.recv(1))
        except OSError:
            return False


class Lent:
    """A trainer of the pool as one attempt sees it; `kill` gives it back."""

    def __init__(self, pool: Pool, warm: Warm, sock: socket.socket) -> None:
        self.pool, self.warm, self.sock = pool, warm, sock
        self.given_back = False

    def last_words(self) -> str:
        return self.warm.process.last_words()

    def end(self) -> None:
        """Ends the process, which then serves nobody else."""
        self.warm.process.end()

    def kill(self) -> None:
        """Ends the connection; idempotent."""
        self.sock.close()
        if not self.given_back:
            self.given_back = True
            self.pool.take_back(self.warm)


class Pool:
    """Gives pairs to attempts, from several threads at once.

    Args:
        size: how many trainers may wait for work; as many as there are submissions at a time.
        rest_s: how long a trainer may take to get over its last submission.
    """

    def __init__(self, size: int, rest_s: float = REST_S) -> None:
        self.size, self.rest_s = size, rest_s
        self._nursery = Nursery(confine.environment())
        self._idle: list[Warm] = []
        self._lent: set[Warm] = set()
        self._closed = False
        self._lock = threading.Lock()

    def start(self, request: Request) -> Pair:
        """A pair for one attempt. Raises: as `pair.start`."""
        if not POSSIBLE:
            return start(request)
        trainer = self._trainer((request.device, request.backend, request.one_thread, request.stored))
        try:
            files, policy = request.files, request.policy
            return Pair(confine.start("grader.student", files, policy, spawn=self._nursery.spawn), trainer)
        except BaseException:
            trainer.kill()
            raise

    def _trainer(self, kind: Kind) -> Lent:
        for warm in self._waiting(kind):
            sock = warm.connect() if warm.served == 0 or warm.rested(self.rest_s) else None
            if sock is not None:
                return self._lend(warm, sock)
            warm.process.kill()
        warm = Warm(kind)
        sock = warm.connect()
        assert sock is not None  # the line is new
        return self._lend(warm, sock)

    def _lend(self, warm: Warm, sock: socket.socket) -> Lent:
        with self._lock:
            self._lent.add(warm)
        return Lent(self, warm, sock)

    def _waiting(self, kind: Kind) -> Iterator[Warm]:
        """Trainers of this kind, the longest waiting first; each is the caller's from then on."""
        while True:
            with self._lock:
                warm = next((warm for warm in self._idle if warm.kind == kind), None)
                if warm is None:
                    return
                self._idle.remove(warm)
            yield warm

    def take_back(self, warm: Warm) -> None:
        """A submission is over; keeps the trainer for the next one, and no more of them than there is work for."""
        spare: list[Warm] = []
        with self._lock:
            self._lent.discard(warm)
            if warm.served >= MOST_SERVED or self._closed:
                spare.append(warm)
            else:
                self._idle.append(warm)
            spare += self._idle[: max(0, len(self._idle) - self.size)]
            self._idle = self._idle[-self.size :]
        for one in spare:
            one.process.kill()

    def close(self) -> None:
        """Ends every process of the pool, of running attempts too, which then end as after a fault; idempotent."""
        with self._lock:
            self._closed = True
            waiting, self._idle, lent = self._idle, [], list(self._lent)
        for warm in waiting:
            warm.process.kill()
        for warm in lent:
            warm.process.end()
        self._nursery.close()


@contextlib.contextmanager
def pool(size: int | None = None) -> Iterator[Pool]:
    """A pool for a while; by default for as many submissions at a time as there are cores."""
    made = Pool(size or os.cpu_count() or 1)
    try:
        yield made
    finally:
        made.close()
