"""Where a keeper comes from: a new interpreter, for one submission, or a copy of one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Protocol

from grader.engines.copies import Nursery

KEEPER_CODE = "import sys; sys.path.insert(0, sys.argv.pop(1)); from inside.keeper import main; main()"
CONFINE_FOLDER = str(Path(__file__).resolve().parent)


class KeeperProcess(Protocol):
    """The process of a keeper, which ends after all student processes."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int | None: ...
    def kill(self) -> None: ...


class SpawnKeeper(Protocol):
    """Starts a keeper with its words, its end of the control line and the student's end of the connection."""

    def __call__(
        self, words: list[str], control: socket.socket, grade: socket.socket
    ) -> tuple[KeeperProcess, IO[bytes]]: ...


def start_keeper(words: list[str], control: socket.socket, grade: socket.socket) -> tuple[KeeperProcess, IO[bytes]]:
    """A keeper in an interpreter of its own, and what it and the student's process print."""
    lines = [f"control={control.fileno()}", f"grade={grade.fileno()}"]
    keeper = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", KEEPER_CODE, CONFINE_FOLDER, *lines, *words],
        cwd="/",
        # The keeper needs nothing of the caller's environment but the way to its libraries.
        env={name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[grade.fileno(), control.fileno()],
        start_new_session=True,
        bufsize=0,
    )
    assert keeper.stdout is not None
    return keeper, keeper.stdout


def make_keeper_copier(nursery: Nursery) -> SpawnKeeper:
    """Keepers as copies of the nursery's interpreter. What it gives raises: GraderError."""

    def copy_keeper(words: list[str], control: socket.socket, grade: socket.socket) -> tuple[KeeperProcess, IO[bytes]]:
        reading, writing = os.pipe()
        try:
            keeper = nursery.copy_process(json.dumps(words).encode(), [control.fileno(), grade.fileno(), writing])
        except BaseException:
            os.close(reading)
            raise
        finally:
            # The copy has its own end; the pipe must end when the copy does.
            os.close(writing)
        return keeper, os.fdopen(reading, "rb", buffering=0)

    return copy_keeper
