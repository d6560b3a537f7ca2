"""Processes from one interpreter that has imported TensorFlow once: a copy costs a fiftieth of a new one."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from dataclasses import dataclass
from typing import IO

from grader.engines import surroundings
from grader.errors import GraderError

MAX_START_S = 120.0
MAX_ANSWER_S = 20.0
MAX_END_S = 2.0
ENDING_WAIT_S = 0.2  # from the end of its line to that of the process
ERROR_TAIL = 2000
MAX_PID_DIGITS = 20
# What it takes to hand descriptors to another process, and to wait for one that isn't our child.
CAN_COPY_PROCESSES = hasattr(os, "pidfd_open") and hasattr(socket, "send_fds") and sys.platform == "linux"


class ProcessCopy:
    """A child of the nursery; several threads may use it.

    Args:
        pid: of the process.
        handle: a file descriptor of the process, closed with this object.
    """

    def __init__(self, pid: int, handle: int) -> None:
        self.pid, self._handle = pid, handle
        weakref.finalize(self, os.close, handle)

    def poll(self) -> int | None:
        """0 once it has ended, else None; only the nursery knows how it ended."""
        return 0 if self._has_ended(0.0) else None

    def wait(self, timeout: float | None = None) -> int | None:
        """Raises: subprocess.TimeoutExpired."""
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(f"copy {self.pid}", timeout or 0.0)
        return 0

    def _has_ended(self, timeout: float | None) -> bool:
        waiting = select.poll()
        waiting.register(self._handle, select.POLLIN)
        return bool(waiting.poll(None if timeout is None else 1000 * timeout))

    def kill(self) -> None:
        """Ends it at once."""
        with contextlib.suppress(ProcessLookupError):
            # By its handle, since its number may belong to another process by now.
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)


@dataclass
class CopiedInterpreter:
    """The one that is copied, while it runs: our end of its line, and what it says on standard error."""

    process: subprocess.Popen[bytes]
    line: socket.socket
    errors: IO[bytes]
    ready: bool = False

    def copy_process(self, message: bytes, descriptors: list[int]) -> ProcessCopy:
        """Raises: OSError: no answer."""
        if not self.ready:
            self.line.settimeout(MAX_START_S)
            self.ready = bool(self.line.recv(1))
        self.line.settimeout(MAX_ANSWER_S)
        socket.send_fds(self.line, [message], descriptors)
        pid, handles, _, _ = socket.recv_fds(self.line, MAX_PID_DIGITS, 1)
        if not handles:
            raise ConnectionResetError("the interpreter to copy gives no answer")
        return ProcessCopy(int(pid), handles[0])

    def read_last_words(self) -> str:
        self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - ERROR_TAIL))
        return self.errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]

    def end_process(self, *, ending: bool = False) -> str:
        """Ends it at once, before it can make a copy that nobody waits for any more.

        Args:
            ending: it is about to end by itself, so that this is waited for, a moment.

        Returns:
            its last words, where it had ended.
        """
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDING_WAIT_S if ending else 0.0)
        ended = self.process.poll() is not None
        self.process.kill()
        self.process.wait()
        self.line.close()
        with self.errors:
            return self.read_last_words() if ended else ""

    def close(self) -> None:
        """Ends it after a moment in which it buries its copies, so that their processor time is known."""
        if self.ready:
            self.line.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(MAX_END_S)
        self.end_process()


class Nursery:
    """Starts the interpreter at the first use, and again should it end; several threads may use it.

    Args:
        module: what the interpreter runs, a `grader.engines.forking.serve_copies`.
        environment: of the interpreter.
        makes: what a copy is, for a message.
    """

    def __init__(self, module: str, environment: dict[str, str], makes: str) -> None:
        self.module, self.environment, self.makes = module, environment, makes
        self._interpreter: CopiedInterpreter | None = None
        self._closed = False
        self._lock = threading.Lock()

    def start_interpreter(self) -> None:
        """Starts the interpreter if it isn't there, without waiting until it has imported what it needs.

        Raises:
            GraderError: it was closed.
        """
        with self._lock:
            self._ensure_interpreter()

    def copy_process(self, message: bytes, descriptors: list[int]) -> ProcessCopy:
        """A copy, which gets the message and the descriptors. Raises: GraderError: none can be made."""
        with self._lock:
            # An interpreter that was killed, perhaps for want of memory, is replaced once.
            for _ in range(2):
                interpreter = self._ensure_interpreter()
                try:
                    return interpreter.copy_process(message, descriptors)
                except OSError as error:
                    late = isinstance(error, TimeoutError)
                    words, self._interpreter = interpreter.end_process(ending=not late) or str(error), None
                if not interpreter.ready:  # another one would say the same
                    break
        raise GraderError(f"no {self.makes} can be started: {words}")

    def _ensure_interpreter(self) -> CopiedInterpreter:
        if self._closed:
            raise GraderError(f"no {self.makes} can be started: the batch was ended")
        if self._interpreter is None:
            # This kind of socket keeps messages apart, so that each arrives with its own descriptors.
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            # A file, since the writer would hang at a full pipe that nobody reads.
            errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in Interpreter.end()
            with theirs:
                process = subprocess.Popen(
                    surroundings.command(self.module),
                    cwd=surroundings.FOLDER,
                    env={**self.environment, "GRADE_FD": str(theirs.fileno())},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,  # Ctrl-C goes to the front alone, which then ends the others in order
                )
            self._interpreter = CopiedInterpreter(process, ours, errors)
        return self._interpreter

    def close(self) -> None:
        """Ends the interpreter, for good; copies that still run go on."""
        with self._lock:
            self._closed = True
            if self._interpreter is not None:
                self._interpreter.close()
                self._interpreter = None
