"""How messages travel between the three programs: framed, size-capped, decoded into exact types.

A frame is a 4-byte length and one MessagePack message; the raw bytes of its `arrays` follow it. Student
and trainer talk through the front, which passes arrays on without looking at them.
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

from grader.protocol.arrays import ArraySpec

MAX_MESSAGE_BYTES = 4_000_000
CHUNK_BYTES = 1 << 20
# What may be on its way; with the system's own 200 KB the three processes wake each other more often.
ON_THE_WAY_BYTES = 1 << 19
TICK_S = 0.1
# TypeError: a mapping with a list for a key.
DECODE_ERRORS = (msgspec.DecodeError, ValueError, TypeError, RecursionError, MemoryError)


class ChannelClosed(Exception):
    """The other side is gone."""


class MalformedMessage(Exception):
    """The other side sent what isn't a message."""


class ChannelSilent(Exception):
    """The other side is there, and neither sends nor takes anything."""


class Channel:
    """One end of a socketpair.

    Args:
        receives: the union of message types that may arrive here; anything else is `MalformedMessage`.
        tick: called about every 0.1 s while a message or an array is on its way, even where the other side sends so
            much that there is never anything to wait for; may raise to give up.
        patience_s: how long the other side may let this one wait for the next bytes; longer is `ChannelSilent`.
    """

    def __init__(
        self, sock: socket.socket, receives: Any, tick: Callable[[], None] = lambda: None, patience_s: float = math.inf
    ) -> None:
        # Nothing blocks, so that `tick` can give up on a side that has gone silent.
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
        """Sends a message and the raw bytes of its arrays. Raises: ChannelClosed, Silent."""
        body = self._encoder.encode(message)
        if len(body) > MAX_MESSAGE_BYTES:
            raise MalformedMessage(f"a message of {len(body):,} bytes (at most {MAX_MESSAGE_BYTES:,})")
        self._write_bytes(struct.pack(">I", len(body)) + body)
        for buffer in buffers:
            self._write_bytes(buffer)

    def receive(self) -> Any:
        """The next message; its arrays, if any, must then be read with `read_into` or `relay`.

        Raises:
            ChannelClosed: the other side closed its end.
            ChannelSilent: nothing came for too long.
            MalformedMessage: too long, not MessagePack, or not of a type that may arrive here.
        """
        (length,) = struct.unpack(">I", self._read_bytes(4))
        # Checked before memory is reserved, since the length is the other side's word.
        if length > MAX_MESSAGE_BYTES:
            raise MalformedMessage(f"a message of {length:,} bytes (at most {MAX_MESSAGE_BYTES:,})")
        body = self._read_bytes(length)
        try:
            return self._decoder.decode(body)
        except DECODE_ERRORS as error:
            raise MalformedMessage(str(error)) from error

    def read_into(self, target: memoryview) -> None:
        """Fills a writable buffer with an array's raw bytes."""
        # An empty buffer can't be cast.
        view = target.cast("B") if target.nbytes else target
        done = 0
        while done < target.nbytes:
            done += self._read_some(view[done : done + CHUNK_BYTES])

    def relay_arrays(self, specs: Sequence[ArraySpec], other: Channel | None) -> None:
        """Hands the bytes of `specs` on to another channel (None: throws them away)."""
        # The front passes arrays on piece by piece, so that its own memory never grows with them.
        buffer = memoryview(bytearray(CHUNK_BYTES))
        left = sum(spec.follows for spec in specs)
        while left:
            count = self._read_some(buffer[: min(left, CHUNK_BYTES)])
            left -= count
            if other is not None:
                other._write_bytes(buffer[:count])

    def is_readable(self) -> bool:
        """Whether something has arrived (without waiting)."""
        return bool(select.select([self.sock], [], [], 0)[0])

    def measure_wait_s(self) -> float:
        """How long the other side has let this one wait for the next bytes, in seconds; 0.0 where it doesn't."""
        return 0.0 if self._waits_since_s is None else time.monotonic() - self._waits_since_s

    def _read_bytes(self, count: int) -> bytes:
        data = bytearray(count)
        self.read_into(memoryview(data))
        return bytes(data)

    def _call_tick(self) -> None:
        now = time.monotonic()
        if now - self._ticked_s >= TICK_S:
            self._ticked_s = now
            self.tick()

    def _wait_for_other(self, *, reading: bool) -> None:
        """Waits a moment for the other side. Raises: ChannelSilent."""
        if self._waits_since_s is None:
            self._waits_since_s = time.monotonic()
        elif self.measure_wait_s() > self.patience_s:
            raise ChannelSilent
        both = ([self.sock], []) if reading else ([], [self.sock])
        select.select(*both, [], TICK_S)

    def _read_some(self, view: memoryview) -> int:
        while True:
            self._call_tick()
            try:
                count = self.sock.recv_into(view)
            except BlockingIOError:
                self._wait_for_other(reading=True)
                continue
            # A side that ends with something unread resets the connection instead of closing it.
            except OSError as error:
                self.closed = True
                raise ChannelClosed from error
            if count == 0:
                self.closed = True
                raise ChannelClosed
            self._waits_since_s = None
            return count

    def _write_bytes(self, data: Any) -> None:
        view = memoryview(data)
        view = view.cast("B") if view.nbytes else view
        done = 0
        while done < view.nbytes:
            self._call_tick()
            try:
                done += self.sock.send(view[done : done + CHUNK_BYTES])
                self._waits_since_s = None
            except BlockingIOError:
                self._wait_for_other(reading=False)
            except OSError as error:
                self.closed = True
                raise ChannelClosed from error
