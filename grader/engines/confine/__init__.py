"""Starts student code as a confined process of its own, bounds what it may use, and ends it with all it started.

The one room for everything that keeps student code in; it never looks at what the process says.
"""

from __future__ import annotations

import os
import resource
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from grader.engines import surroundings
from grader.engines.confine import scratch as scratches
from grader.engines.confine import spawning
from grader.engines.confine.capture import OutputCapture
from grader.engines.confine.control import ControlLine, LayersMissing
from grader.engines.confine.grants import collect_grants, find_cache_folder
from grader.engines.confine.inside import tree
from grader.engines.confine.inside.steps import compute_process_limit
from grader.engines.confine.layers import (
    ALWAYS_LAYERS,
    LAYERS_BY_NAME,
    SYSTEM_LAYERS,
    SandboxLayer,
    list_missing_layers,
)
from grader.errors import GraderError, UsageError

__all__ = [
    "LAYERS_BY_NAME",
    "SYSTEM_LAYERS",
    "ConfinedProcess",
    "SandboxLayer",
    "SandboxPolicy",
    "is_process_limit_low",
    "list_missing_layers",
    "start_confined",
]

MAX_START_S = 20.0
MAX_KILL_WAIT_S = 2.0


class SandboxPolicy(Struct, frozen=True, kw_only=True):
    """What the process may use and see.

    Args:
        memory: of its whole tree, files that it writes included, in bytes.
        output: of captured output, in bytes.
        level: `strict` refuses to start with a layer missing, `off` isolates nothing.
        readable: further files and folders that it may read.
        hidden: files and folders that it must not see even where they lie in a readable one.
        without: names of layers to leave out, for tests.
    """

    memory: int
    output: int
    level: Literal["auto", "strict", "off"] = "auto"
    readable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    without: tuple[str, ...] = ()


class ConfinedProcess:
    """One running student process, its socket and what it printed.

    Args:
        keeper: the process that started it, which ends after all student processes.
    """

    def __init__(self, keeper: spawning.KeeperProcess, control: ControlLine, sock: socket.socket, capture: OutputCapture,
                 scratch: Path) -> None:  # fmt: skip
        self.process = keeper
        self.sock = sock
        self.scratch = scratch
        self.layers = (*(layer.name for layer in ALWAYS_LAYERS), *control.layers)
        self.reasons = control.reasons
        self._control = control
        self._capture = capture

    @property
    def output_exceeded(self) -> bool:
        """Whether it printed more than the policy allows."""
        return self._capture.exceeded

    @property
    def memory_exceeded(self) -> bool:
        """Whether its tree used more memory than the policy allows; it is being ended then."""
        return self._control.ask_state().exceeded

    @property
    def memory_starved(self) -> bool:
        """Whether the kernel ended a process of its tree because the machine ran out of memory, within the policy."""
        return self._control.ask_state().starved

    def measure_cpu_s(self) -> float:
        """Processor time of its whole tree so far, in seconds."""
        return self._control.ask_state().cpu_s

    def read_output(self, *, ending: bool = True) -> str:
        """What it printed so far, standard output and error as they came, bounded.

        Args:
            ending: whether it may be about to end, so that its last words are waited for, a moment.
        """
        return self._capture.read_text(ending=ending)

    def is_alive(self) -> bool:
        """Whether it still runs, or what it started is still being ended."""
        return self.process.poll() is None

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs on."""
        return self.wait_for_code(0.0)

    def wait_for_code(self, timeout_s: float) -> int | None:
        """Waits for its exit code, negative for a signal; None while it runs on."""
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        return self._control.ask_state().code

    def find_fault(self) -> str:
        """What the sandbox itself failed with; nothing while it works, and once the exit code is known."""
        ended = not self.is_alive()  # before it is asked, so that its last word has arrived
        state = self._control.ask_state()
        return state.fault or ("its keeper ended without a word" if ended and state.code is None else "")

    def begin_ending(self) -> None:
        """Lets it be ended, without waiting for that; `kill` does."""
        self._control.end_everything()

    def kill(self) -> None:
        """Ends it with everything that it started, and removes the scratch folder; idempotent."""
        self.begin_ending()
        try:
            self.process.wait(MAX_KILL_WAIT_S)
        except subprocess.TimeoutExpired:
            # On a busy machine it may be between stopping and killing what is below it, which nobody would end then.
            tree.kill_tree(self.process.pid)
            self.process.kill()
            self.process.wait()
        self._control.close()
        self._capture.stop()
        self.sock.close()
        scratches.remove_scratch(self.scratch)


def start_confined(
    module: str,
    files: Mapping[str, bytes],
    policy: SandboxPolicy,
    env: Mapping[str, str] | None = None,
    spawn: spawning.SpawnKeeper = spawning.start_keeper,
) -> ConfinedProcess:
    """Runs `python -m module` in a fresh scratch folder that holds `files`; its end of the socket is `GRADE_FD`.

    Args:
        spawn: where the process comes from: a new interpreter, or a copy of one that has imported what it needs.

    Raises:
        UsageError: `strict` was asked for and this machine lacks a layer.
        GraderError: the process can't be started at all.
    """
    ours, theirs = socket.socketpair()
    near, far = socket.socketpair()
    scratch = scratches.make_scratch(files)
    # a submission named tensorflow.py in the working folder is not imported in its place
    command = surroundings.command(module, "-B", "-u")
    words = [f"scratch={scratch}", *_build_keeper_words(policy, env or {}), "--", *command]
    try:
        with theirs, far:
            keeper, output = spawn(words, far, theirs)
    except BaseException:
        ours.close()
        near.close()
        scratches.remove_scratch(scratch)
        raise
    control, capture = ControlLine(near), OutputCapture(output, policy.output)
    try:
        control.wait_until_ready(MAX_START_S)
    except (LayersMissing, GraderError) as error:
        # Built only to be ended: `kill` knows everything that has to be let go.
        ConfinedProcess(keeper, control, ours, capture, scratch).kill()
        if isinstance(error, LayersMissing):
            raise _build_missing_error(error) from error
        raise
    return ConfinedProcess(keeper, control, ours, capture, scratch)


def is_process_limit_low() -> bool:
    """Whether the system lets this user start fewer processes and threads than a submission may have."""
    # The hard limit, which an ordinary user can't raise.
    most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    return most != resource.RLIM_INFINITY and most < compute_process_limit() + tree.count_tasks(os.getuid())


def _build_missing_error(error: LayersMissing) -> UsageError:
    names = "; ".join(f"{name} ({LAYERS_BY_NAME[name].does})" for name in error.layers)
    reasons = f" [{'; '.join(error.reasons)}]" if error.reasons else ""
    return UsageError(f"--sandbox strict: this machine lacks {names}{reasons}; see grade doctor, or use --sandbox auto")


def _build_keeper_words(policy: SandboxPolicy, env: Mapping[str, str]) -> list[str]:
    """The policy as the keeper's command line."""
    granted = collect_grants(policy.readable, policy.hidden)
    lists = {"read": granted.read, "hide": granted.hide, "show": granted.show, "need": granted.need, "without": policy.without,
             "env": [f"{name}={value}" for name, value in {**build_student_environment(), **env}.items()]}  # fmt: skip
    return [f"memory={policy.memory}", f"level={policy.level}",
            *(f"{name}={value}" for name, values in lists.items() for value in values)]  # fmt: skip


def build_student_environment() -> dict[str, str]:
    """A constant environment, with nothing of the caller's but where libraries are; the keeper adds the scratch folder."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {
        **surroundings.CONSTANT,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(surroundings.installed_folders()),
        "GRADE_CACHE": str(find_cache_folder()),
        # Only the trainer uses a GPU.
        "CUDA_VISIBLE_DEVICES": "-1",
        **kept,
    }
