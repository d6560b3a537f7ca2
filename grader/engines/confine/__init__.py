"""Starts student code as a confined process of its own, bounds what it may use, and ends it with all it started.

The one room for everything that keeps student code in; it never looks at what the process says.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from grader.engines.confine.capture import Capture
from grader.engines.confine.watch import MemoryWatch
from grader.errors import UsageError

KEEPER = Path(__file__).with_name("keeper.py")
SOURCE_ROOT = str(Path(__file__).resolve().parents[3])
LAYERS = ("own session", "scratch folder", "clean environment", "resource limits", "bounded output", "memory watch")
KILL_S = 1.0


class Policy(Struct, frozen=True, kw_only=True):
    """What the process may use: memory of its whole tree and captured output, in bytes."""

    memory: int
    output: int
    level: Literal["auto", "strict", "off"] = "auto"


class Confined:
    """One running student process, its socket and what it printed."""

    def __init__(self, process: subprocess.Popen[bytes], sock: socket.socket, scratch: Path, policy: Policy) -> None:
        self.process = process
        self.sock = sock
        self.scratch = scratch
        self.layers = LAYERS
        assert process.stdout is not None
        self._capture = Capture(process.stdout, policy.output)
        self._memory = MemoryWatch(process.pid, policy.memory)

    @property
    def output_exceeded(self) -> bool:
        """Whether it printed more than the policy allows."""
        return self._capture.exceeded

    @property
    def memory_exceeded(self) -> bool:
        """Whether its tree used more memory than the policy allows."""
        return self._memory.exceeded

    @property
    def peak_memory(self) -> int:
        """The most memory that its tree was seen to use, in bytes."""
        return self._memory.peak

    def output(self) -> str:
        """What it printed so far, standard output and error as they came, bounded."""
        return self._capture.text()

    def wait_code(self, timeout_s: float) -> int | None:
        """Its exit code, negative for a signal; None while it runs on."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        return 128 - code if code > 128 else code

    def kill(self) -> None:
        """Ends it with everything that it started, and removes the scratch folder; idempotent."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(KILL_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._memory.stop()
        self._capture.stop()
        self.sock.close()
        remove(self.scratch)


def start(module: str, files: Mapping[str, bytes], policy: Policy, env: Mapping[str, str] | None = None) -> Confined:
    """Runs `python -m module` in a fresh scratch folder that holds `files`; its end of the socket is `GRADE_FD`.

    Raises:
        UsageError: `strict` was asked for and this machine or this version can't isolate the process.
    """
    if policy.level == "strict":
        raise UsageError("--sandbox strict: namespaces, Landlock and seccomp are not available here; use auto")
    ours, theirs = socket.socketpair()
    scratch = Path(tempfile.mkdtemp(prefix="grade-"))
    for name, content in files.items():
        (scratch / Path(name).name).write_bytes(content)
    with theirs:
        process = subprocess.Popen(
            # -P: a submission named tensorflow.py in the working folder must not be imported in its place
            [sys.executable, "-S", "-E", str(KEEPER), sys.executable, "-P", "-m", module],
            cwd=scratch,
            env={**_environment(scratch), **(env or {}), "GRADE_FD": str(theirs.fileno())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            bufsize=0,
        )
    return Confined(process, ours, scratch, policy)


def _environment(scratch: Path) -> dict[str, str]:
    """A constant environment: nothing of the caller's but where Python and the dataset cache are."""
    kept = {name: os.environ[name] for name in ("GRADE_CACHE", "XDG_CACHE_HOME") if name in os.environ}
    path = os.pathsep.join(filter(None, [SOURCE_ROOT, os.environ.get("PYTHONPATH")]))
    return {
        **kept,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "MPLCONFIGDIR": str(scratch),
        "MPLBACKEND": "Agg",
        "LANG": "C.UTF-8",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1"),
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
    }


def remove(folder: Path) -> None:
    """Removes a scratch folder, also one whose subfolders were made unreadable."""
    for _ in range(3):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        for path in [folder, *folder.rglob("*")]:
            with contextlib.suppress(OSError):
                if stat.S_ISDIR(path.lstat().st_mode):
                    path.chmod(stat.S_IRWXU)
        time.sleep(0.05)
