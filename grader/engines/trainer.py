"""Starts the trusted processes, each on its own: the trainer, the only one that sees a GPU, and the referee, without TensorFlow."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, Protocol

from grader.engines import surroundings
from grader.engines.confine.inside import tree
from grader.engines.copies import CAN_COPY_PROCESSES, Nursery, ProcessCopy
from grader.errors import UsageError, describe_missing_extra
from grader.messages.device_errors import pick_last_words
from grader.protocol.datasets import USUAL_DATASET

Device = Literal["auto", "cpu", "gpu"]
Backend = Literal["auto", "tensorflow", "jax"]
LIBRARY_EXTRAS = {"jax": ("JAX", "jax"), "tensorflow": ("TensorFlow", "")}
# By default both libraries take nearly all of a card's memory at once.
SPARING = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
# Where there is one of these, `auto` may train on a GPU: NVIDIA's, AMD's and that of Windows' Linux.
GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
ERROR_TAIL_BYTES = 20_000
MAX_END_S = 10.0


def pick_library(backend: Backend) -> str:
    """The library that Keras computes with; `auto` is TensorFlow, whose figures the student's own run gives too.

    Raises:
        UsageError: it isn't installed.
    """
    chosen = "tensorflow" if backend == "auto" else backend
    if importlib.util.find_spec(chosen) is None:
        raise UsageError(describe_missing_extra(f"--backend {backend}", *LIBRARY_EXTRAS[chosen]))
    return chosen


def build_trainer_environment(device: Device, computes: str) -> dict[str, str]:
    """The environment of a trainer's interpreter; `computes` is the library that Keras uses in it."""
    hidden = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"} if device == "cpu" else {}
    return surroundings.environment({**SPARING, **hidden, "KERAS_BACKEND": computes})


def can_copy_trainer(device: Device, backend: Backend) -> bool:
    """Whether one of a pool may be a copy: it trains on a CPU with TensorFlow, whose import starts nothing that a copy
    would lack. Raises: UsageError: the backend isn't installed.
    """
    cards = device != "cpu" and any(Path(card).exists() for card in GPU_DEVICES)
    return CAN_COPY_PROCESSES and pick_library(backend) == "tensorflow" and not cards


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerSpec:
    """What kind of trainer it is; one that serves many submissions serves those that ask for the same.

    Args:
        device: `cpu` hides every GPU from it.
        backend: what Keras computes with in it.
        one_thread: don't split single operations over cores; for dense networks that is faster and gives the same
            floats (it doesn't for convolutions, for which such a trainer asks for another one).
        stored: keep trainings, and replay a known one.
        dataset: what the usual file trains on, an embedded dataset; empty: nothing can be done beforehand.
    """

    device: Device = "auto"
    backend: Backend = "auto"
    one_thread: bool = False
    stored: bool = True
    dataset: str = USUAL_DATASET

    def build_environment(self, *, pooled: bool = False, rehearsed: bool = False) -> dict[str, str]:
        """The environment of its interpreter.

        Args:
            pooled: it serves connections that come over its socket, instead of the socket itself.
            rehearsed: it goes through the usual before it says hello.

        Raises:
            UsageError: the backend isn't installed.
        """
        settings = {
            "TF_NUM_INTRAOP_THREADS": "1" if self.one_thread else None,
            "GRADE_TRAJECTORIES": None if self.stored else "off",
            "GRADE_POOL": "1" if pooled else None,
            "GRADE_REHEARSAL": (self.dataset or None) if rehearsed else None,
        }
        own = {name: value for name, value in settings.items() if value is not None}
        return {**build_trainer_environment(self.device, pick_library(self.backend)), **own}


class TrainerHandle(Protocol):
    """One attempt's trainer: the front's end of a socket to it, and what it said when it failed."""

    sock: socket.socket

    def read_last_words(self) -> str: ...
    def measure_memory(self) -> int: ...
    def cpu_s(self) -> float: ...
    def end_process(self) -> None: ...
    def kill(self) -> None: ...


class TrainerProcess:
    """One running trainer and the front's end of its socket.

    Args:
        spec: of which kind.
        pooled: it serves connections that come over the socket, instead of the socket itself.
        rehearsed: it goes through the usual before it says hello; for one that will wait, and for a copy, for which the
            nursery does so once.
        nursery: an interpreter of which it is a copy; None: it has one of its own.

    Raises:
        UsageError: the backend isn't installed.
        GraderError: there can be no copy.
    """

    def __init__(
        self, spec: TrainerSpec, *, pooled: bool = False, rehearsed: bool = False, nursery: Nursery | None = None
    ) -> None:
        chosen = spec.build_environment(pooled=pooled, rehearsed=rehearsed)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) if pooled else socket.socketpair()
        self.sock = ours
        # A file, since the process would hang at a full pipe that nobody reads.
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in kill()
        try:
            self.process = (
                self._copy_process(nursery, chosen, theirs) if nursery else self._start_process(chosen, theirs)
            )
        except BaseException:
            self._close_files()
            raise
        finally:
            theirs.close()

    def _start_process(self, chosen: dict[str, str], line: socket.socket) -> subprocess.Popen[bytes]:
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

    def _copy_process(self, nursery: Nursery, chosen: dict[str, str], line: socket.socket) -> ProcessCopy:
        """The message is what differs in its environment; a whole one may be larger than a message can be."""
        there = nursery.environment
        changed = {name: value for name, value in chosen.items() if there.get(name) != value}
        gone = dict.fromkeys(there.keys() - chosen.keys())
        return nursery.copy_process(json.dumps({**changed, **gone}).encode(), [line.fileno(), self._errors.fileno()])

    def read_last_words(self) -> str:
        """The line on stderr that says why it ended, for the report of a fault; all of it where GRADE_DEBUG is set."""
        if self._errors.closed:
            return ""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - ERROR_TAIL_BYTES))
        words = self._errors.read().decode("utf-8", "replace").strip()
        return words if os.environ.get("GRADE_DEBUG") else pick_last_words(words)[:500]

    def measure_memory(self) -> int:
        """Bytes of memory that it uses; 0 where the system doesn't report it."""
        return tree.measure_resident([self.process.pid])

    def cpu_s(self) -> float:
        """Processor seconds that it has used; 0 where the system doesn't report it."""
        return tree.measure_cpu_s([self.process.pid])

    def end_process(self) -> None:
        """Ends it at once; what it said stays readable. One that hangs in its device's driver isn't waited for."""
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait(MAX_END_S)

    def kill(self) -> None:
        """Ends it at once and lets go of everything; idempotent."""
        self.end_process()
        self._close_files()

    def _close_files(self) -> None:
        self.sock.close()
        self._errors.close()


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

    def read_last_words(self) -> str:
        """The last line that it wrote on stderr, for the report of a fault; all of it where GRADE_DEBUG is set."""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - ERROR_TAIL_BYTES))
        words = self._errors.read().decode("utf-8", "replace").strip()
        return words if os.environ.get("GRADE_DEBUG") else words.rpartition("\n")[2][:500]

    def kill(self) -> None:
        """Ends it at once; idempotent."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.sock.close()
        self._errors.close()
