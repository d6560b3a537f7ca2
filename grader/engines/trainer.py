"""Starts the trainer as a process of its own: trusted, and the only one that sees a GPU."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Literal, Protocol

from grader.engines import surroundings
from grader.engines.confine.inside import tree
from grader.engines.copies import POSSIBLE, Copy, Nursery
from grader.errors import UsageError, needs_extra

Device = Literal["auto", "cpu", "gpu"]
Backend = Literal["auto", "tensorflow", "jax"]
LIBRARIES = {"jax": ("JAX", "jax"), "tensorflow": ("TensorFlow", "")}
SPARING = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
# Where there is one of these, `auto` may train on a GPU: NVIDIA's, AMD's and that of Windows' Linux.
CARDS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
ERROR_TAIL = 20_000
END_S = 10.0


def library(backend: Backend) -> str:
    """The library that Keras computes with; `auto` is TensorFlow, whose figures the student's own run gives too.

    Raises:
        UsageError: it isn't installed.
    """
    chosen = "tensorflow" if backend == "auto" else backend
    if importlib.util.find_spec(chosen) is None:
        raise UsageError(needs_extra(f"--backend {backend}", *LIBRARIES[chosen]))
    return chosen


def environment(device: Device, computes: str) -> dict[str, str]:
    """That of a trainer's interpreter, in which Keras computes with a `library`."""
    hidden = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"} if device == "cpu" else {}
    return surroundings.environment({**SPARING, **hidden, "KERAS_BACKEND": computes})


def copyable(device: Device, backend: Backend) -> bool:
    """Whether one of a pool may be a copy: it trains on a CPU with TensorFlow, whose import starts nothing that a copy
    would lack. Raises: UsageError: the backend isn't installed.
    """
    cards = device != "cpu" and any(Path(card).exists() for card in CARDS)
    return POSSIBLE and library(backend) == "tensorflow" and not cards


class Trainer(Protocol):
    """One attempt's trainer: the front's end of a socket to it, and what it said when it failed."""

    sock: socket.socket

    def last_words(self) -> str: ...
    def memory(self) -> int: ...
    def cpu_s(self) -> float: ...
    def end(self) -> None: ...
    def kill(self) -> None: ...


class TrainerProcess:
    """One running trainer and the front's end of its socket.

    Args:
        device: `cpu` hides every GPU from it.
        backend: what Keras computes with in it.
        one_thread: don't split single operations over cores; for dense networks that is faster and gives the same
            floats (it doesn't for convolutions).
        stored: keep trainings, and tell a known one again.
        pooled: it serves connections that come over the socket, instead of the socket itself.
        rehearsal: the dataset with which it goes through the usual before it says hello; for one that will wait, and for
            a copy, for which the nursery does so once.
        nursery: an interpreter of which it is a copy; None: it has one of its own.

    Raises:
        UsageError: the backend isn't installed.
        GraderError: there can be no copy.
    """

    def __init__(
        self,
        device: Device,
        *,
        backend: Backend = "auto",
        one_thread: bool = False,
        stored: bool = True,
        pooled: bool = False,
        rehearsal: str | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        threads = {"TF_NUM_INTRAOP_THREADS": "1"} if one_thread else {}
        store = {} if stored else {"GRADE_TRAJECTORIES": "off"}
        pool = {"GRADE_POOL": "1"} if pooled else {}
        rehearsed = {} if rehearsal is None else {"GRADE_REHEARSAL": rehearsal}
        chosen = {**environment(device, library(backend)), **threads, **store, **pool, **rehearsed}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) if pooled else socket.socketpair()
        self.sock = ours
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in kill()
        try:
            self.process = self._copy(nursery, chosen, theirs) if nursery else self._new(chosen, theirs)
        except BaseException:
            self._close()
            raise
        finally:
            theirs.close()

    def _new(self, chosen: dict[str, str], line: socket.socket) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            surroundings.command("grader.trainer"),
            cwd=surroundings.FOLDER,
            env={**chosen, "GRADE_FD": str(line.fileno())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            pass_fds=[line.fileno()],
            start_new_session=True,  # Ctrl-C goes to the front alone, which then ends the others in order
        )

    def _copy(self, nursery: Nursery, chosen: dict[str, str], line: socket.socket) -> Copy:
        """The message is what differs in its environment; a whole one may be larger than a message can be."""
        there = nursery.environment
        changed = {name: value for name, value in chosen.items() if there.get(name) != value}
        gone = dict.fromkeys(there.keys() - chosen.keys())
        return nursery.copy(json.dumps({**changed, **gone}).encode(), [line.fileno(), self._errors.fileno()])

    def last_words(self) -> str:
        """The last line that it wrote on stderr, for the report of a fault; all of it where GRADE_DEBUG is set."""
        if self._errors.closed:
            return ""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - ERROR_TAIL))
        words = self._errors.read().decode("utf-8", "replace").strip()
        return words if os.environ.get("GRADE_DEBUG") else words.rpartition("\n")[2][:500]

    def memory(self) -> int:
        """Bytes of memory that it uses; 0 where the system doesn't tell."""
        return tree.resident([self.process.pid])

    def cpu_s(self) -> float:
        """Processor seconds that it has used; 0 where the system doesn't tell."""
        return tree.cpu_s([self.process.pid])

    def end(self) -> None:
        """Ends it at once; what it said stays readable. One that hangs in its device's driver isn't waited for."""
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait(END_S)

    def kill(self) -> None:
        """Ends it at once and lets go of everything; idempotent."""
        self.end()
        self._close()

    def _close(self) -> None:
        self.sock.close()
        self._errors.close()
