"""How messages travel between the three programs: framed, size-capped, decoded into exact types.

A frame is a 4-byte length and one MessagePack message; the raw bytes of its `arrays` follow it. The front stands
between student and trainer, and hands arrays through without looking at them.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from grader.arrays import ArraySpec

MAX_MESSAGE = 4_000_000
CHUNK = 1 << 20
# What may be on its way; with the system's own 200 KB the three processes wake each other more often.
ON_THE_WAY_BYTES = 1 << 19
TICK_S = 0.1
# TypeError: a mapping with a list for a key.
UNREADABLE = (msgspec.DecodeError, ValueError, TypeError, RecursionError, MemoryError)


class Closed(Exception):
    """The other side is gone."""


class Malformed(Exception):
    """The other side sent what isn't a message."""


class Silent(Exception):
    """The other side is there, and neither sends nor takes anything."""


class Channel:
    """One end of a socketpair.

    Args:
        receives: the union of message types that may arrive here; anything else is `Malformed`.
        tick: called about every 0.1 s while a message or an array is on its way, even where the other side sends so
            much that there is never anything to wait for; may raise to give up.
        patience_s: how long the other side may let this one wait for the next bytes; longer is `Silent`.
    """

    def __init__(
        self, sock: socket.socket, receives: Any, tick: Callable[[], None] = lambda: None, patience_s: float = math.inf
    ) -> None:
        sock.setblocking(False)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ON_THE_WAY_BYTES)
        self.sock = sock
        self.tick, self.patience_s = tick, patience_s
        self.closed = False  # whether the other side was found gone
        self._ticked_s = time.monotonic()
        self._waits_since_s: float | None = None
        self._decoder = msgspec.msgpack.Decoder(receives)
        self._encoder = msgspec.msgpack.Encoder()

    def send(self, message: Struct, buffers: Iterable[Any] = ()) -> None:
        """Sends a message and the raw bytes of its arrays. Raises: Closed, Silent."""
        body = self._encoder.encode(message)
        if len(body) > MAX_MESSAGE:
            raise Malformed(f"a message of {len(body):,} bytes (at most {MAX_MESSAGE:,})")
        self._write(struct.pack(">I", len(body)) + body)
        for buffer in buffers:
            self._write(buffer)

    def receive(self) -> Any:
        """The next message; its arrays, if any, must then be read with `read_into` or `relay`.

        Raises:
            Closed: the other side closed its end.
            Silent: nothing came for too long.
            Malformed: too long, not MessagePack, or not of a type that may arrive here.
        """
        (length,) = struct.unpack(">I", self._read(4))
        if length > MAX_MESSAGE:
            raise Malformed(f"a message of {length:,} bytes (at most {MAX_MESSAGE:,})")
        body = self._read(length)
        try:
            return self._decoder.decode(body)
        except UNREADABLE as error:
            raise Malformed(str(error)) from error

    def read_into(self, target: memoryview) -> None:
        """Fills a writable buffer with an array's raw bytes."""
        view = target.cast("B") if target.nbytes else target
        done = 0
        while done < target.nbytes:
            done += self._some(view[done : done + CHUNK])

    def relay(self, specs: Sequence[ArraySpec], other: Channel | None) -> None:
        """Hands the bytes of `specs` on to another channel (None: throws them away)."""
        buffer = memoryview(bytearray(CHUNK))
        left = sum(spec.follows for spec in specs)
        while left:
            count = self._some(buffer[: min(left, CHUNK)])
            left -= count
            if other is not None:
                other._write(buffer[:count])

    def readable(self) -> bool:
        """Whether something has arrived (without waiting)."""
        return bool(select.select([self.sock], [], [], 0)[0])

    def waited_s(self) -> float:
        """How long the other side has let this one wait for the next bytes, in seconds; 0.0 where it doesn't."""
        return 0.0 if self._waits_since_s is None else time.monotonic() - self._waits_since_s

    def _read(self, count: int) -> bytes:
        data = bytearray(count)
        self.read_into(memoryview(data))
        return bytes(data)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._ticked_s >= TICK_S:
            self._ticked_s = now
            self.tick()

    def _wait(self, *, reading: bool) -> None:
        """Waits a moment for the other side. Raises: Silent."""
        if self._waits_since_s is None:
            self._waits_since_s = time.monotonic()
        elif self.waited_s() > self.patience_s:
            raise Silent
        both = ([self.sock], []) if reading else ([], [self.sock])
        select.select(*both, [], TICK_S)

    def _some(self, view: memoryview) -> int:
        while True:
            self._look()
            try:
                count = self.sock.recv_into(view)
            except BlockingIOError:
                self._wait(reading=True)
                continue
            except OSError as error:
                self.closed = True
                raise Closed from error
            if count == 0:
                self.closed = True
                raise Closed
            self._waits_since_s = None
            return count

    def _write(self, data: Any) -> None:
        view = memoryview(data)
        view = view.cast("B") if view.nbytes else view
        done = 0
        while done < view.nbytes:
            self._look()
            try:
                done += self.sock.send(view[done : done + CHUNK])
                self._waits_since_s = None
            except BlockingIOError:
                self._wait(reading=False)
            except OSError as error:
                self.closed = True
                raise Closed from error
