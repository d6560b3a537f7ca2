"""Student processes from one interpreter that has imported TensorFlow once: a copy costs a fiftieth of a new one."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import IO

from grader.engines.confine.spawning import Keeper, anew
from grader.errors import GraderError

START_S = 120.0
ANSWER_S = 20.0
ERROR_TAIL = 2000
# What it takes to hand descriptors to another process, and to wait for one that isn't our child.
POSSIBLE = hasattr(os, "pidfd_open") and hasattr(socket, "send_fds") and sys.platform == "linux"


class Copy:
    """A keeper that is the nursery's child.

    Args:
        handle: a file descriptor of the process.
    """

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def poll(self) -> int | None:
        """0 once it has ended, else None; how it ended is the keeper's last word on its own line."""
        return 0 if self.handle < 0 or select.select([self.handle], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int | None:
        """Raises: subprocess.TimeoutExpired."""
        if self.handle >= 0:
            if not select.select([self.handle], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("keeper", timeout or 0.0)
            os.close(self.handle)
            self.handle = -1
        return 0

    def kill(self) -> None:
        """Ends it at once."""
        with contextlib.suppress(ProcessLookupError):
            if self.handle >= 0:
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)


class Nursery:
    """The interpreter that is copied; started at the first use, and again should it end.

    Args:
        environment: of the interpreter; a copy gets its own.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._home = tempfile.TemporaryDirectory(prefix="grade-nursery-")
        self._lock = threading.Lock()

    def spawn(self, words: list[str], control: socket.socket, grade: socket.socket) -> tuple[Keeper, IO[bytes]]:
        """A keeper as a copy; a new interpreter where the system can't do that. Raises: GraderError."""
        if not POSSIBLE:
            return anew(words, control, grade)
        reading, writing = os.pipe()
        try:
            with self._lock:
                keeper = self._copy(json.dumps(words).encode(), [control.fileno(), grade.fileno(), writing])
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        return keeper, os.fdopen(reading, "rb", buffering=0)

    def _copy(self, message: bytes, descriptors: list[int]) -> Copy:
        for _ in range(2):
            line = self._started()
            try:
                socket.send_fds(line, [message], descriptors)
                line.settimeout(ANSWER_S)
                said, handles, _, _ = socket.recv_fds(line, 1, 1)
            except OSError:
                said, handles = b"", []
            if said and handles:
                return Copy(handles[0])
            self._end()
        raise GraderError("no student process can be started: the interpreter to copy ends at once")

    def _started(self) -> socket.socket:
        if self._line is not None:
            return self._line
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "grader.student.nursery"],
                cwd="/",
                env={**self.environment, "HOME": self._home.name, "GRADE_FD": str(theirs.fileno())},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            theirs.close()
            ours.settimeout(START_S)
            self._line = ours
            try:
                ready = ours.recv(1)
            except OSError:
                ready = b""
            if not ready:
                self._end()
                errors.seek(max(0, errors.seek(0, os.SEEK_END) - ERROR_TAIL))
                words = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
                raise GraderError(f"no student process can be started: {words or 'no answer'}")
        return ours

    def _end(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Ends the interpreter; copies that still run go on."""
        with self._lock:
            self._end()
        self._home.cleanup()
