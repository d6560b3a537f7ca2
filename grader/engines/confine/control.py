"""The line between the front and the keeper: what holds, how much is used, how it ended."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time

from msgspec import Struct, structs

from grader.errors import GraderError

MAX_ANSWER_S = 2.0


class KeeperState(Struct, frozen=True, kw_only=True):
    """What the keeper said last: memory in bytes, processor time in seconds, the exit code once it is known.

    `starved` says that the kernel ended a process because the machine, not this run, ran out of memory; `fault` is what
    the keeper itself failed with.
    """

    exceeded: bool = False
    starved: bool = False
    peak: int = 0
    cpu_s: float = 0.0
    code: int | None = None
    fault: str = ""


class LayersMissing(Exception):
    """`strict` was asked for and layers are missing; carries their names, and the system's reasons."""

    def __init__(self, layers: list[str], reasons: list[str]) -> None:
        self.layers, self.reasons = layers, reasons
        super().__init__(", ".join(layers))


class ControlLine:
    """The front's end of the line; may be used from several threads.

    Args:
        sock: a connected stream socket; the keeper ends everything when it is closed.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.layers: tuple[str, ...] = ()
        self.reasons: tuple[str, ...] = ()
        self._sock = sock
        self._buffer = b""
        self._state = KeeperState()
        self._lock = threading.Lock()

    def wait_until_ready(self, timeout_s: float) -> None:
        """Raises: LayersMissing: see there; GraderError: the process can't be started."""
        line = self._read_line(timeout_s)
        kind, *words = line.split("\t") if line is not None else [""]
        names = words[0].split(",") if words else []
        if kind == "ready":
            self.layers, self.reasons = tuple(names), tuple(words[1:])
        elif kind == "refused":
            raise LayersMissing(names, words[1:])
        else:
            raise GraderError(f"the sandbox did not start: {words[0] if words else 'no answer from its keeper'}")

    def ask_state(self) -> KeeperState:
        """The present state, or the last one known."""
        with self._lock:
            # Once the exit code is known, the keeper has gone and nothing changes any more.
            if self._state.code is None:
                self._send_word(b"?")
                with contextlib.suppress(OSError):
                    self._read_states(MAX_ANSWER_S)
        return self._state

    def _read_states(self, timeout_s: float) -> None:
        """Takes in a state; the end of the line, after the last one, changes nothing."""
        line = self._read_line(timeout_s)
        while line is not None:
            self._state = _parse_state(self._state, line)
            line = self._read_line(0.0)

    def _read_line(self, timeout_s: float) -> str | None:
        end = time.monotonic() + timeout_s
        while b"\n" not in self._buffer:
            waiting = select.poll()
            waiting.register(self._sock, select.POLLIN)
            if not waiting.poll(max(0.0, end - time.monotonic()) * 1000):
                return None
            more = self._sock.recv(4096)
            if not more:
                return None
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace")

    def end_everything(self) -> None:
        """Tells the keeper to end everything; nothing happens where it has ended already."""
        self._send_word(b"!")

    def _send_word(self, word: bytes) -> None:
        """The keeper may have ended."""
        with contextlib.suppress(OSError):
            self._sock.send(word)

    def close(self) -> None:
        """Reads the last state and closes the line."""
        with self._lock:
            if self._sock.fileno() >= 0:
                with contextlib.suppress(OSError):  # it ended before it had read all
                    self._read_states(0.0)
                self._sock.close()


def _parse_state(state: KeeperState, line: str) -> KeeperState:
    """Parses a line of the keeper: a state, or the fault with which it ended."""
    kind, *words = line.split("\t")
    if kind != "state":
        return structs.replace(state, fault=" ".join(words))
    exceeded, starved, peak, cpu_s, *code = words
    return KeeperState(
        exceeded=exceeded == "1", starved=starved == "1", peak=int(peak), cpu_s=float(cpu_s), code=int(code[0]) if code else None
    )
