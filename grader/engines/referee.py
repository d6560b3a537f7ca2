"""Starts the referee as a process of its own: trusted, with NumPy and without TensorFlow."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
from typing import IO

from grader.engines import surroundings

ERROR_TAIL = 20_000


class RefereeProcess:
    """One running referee and the front's end of its socket."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.sock = ours
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in kill()
        own = {"OPENBLAS_NUM_THREADS": "1", "GRADE_FD": str(theirs.fileno())}
        with theirs:
            self.process = subprocess.Popen(
                surroundings.command("grader.referee"),
                cwd=surroundings.FOLDER,
                env=surroundings.environment(own),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def last_words(self) -> str:
        """The last line that it wrote on stderr, for the report of a fault; all of it where GRADE_DEBUG is set."""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - ERROR_TAIL))
        words = self._errors.read().decode("utf-8", "replace").strip()
        return words if os.environ.get("GRADE_DEBUG") else words.rpartition("\n")[2][:500]

    def kill(self) -> None:
        """Ends it at once; idempotent."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.sock.close()
        self._errors.close()
