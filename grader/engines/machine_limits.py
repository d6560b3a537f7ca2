"""What this process may take of the machine: the memory and the processors that its control groups leave it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderError

# Version 1 writes "no limit" as the highest number of whole pages.
NO_MEMORY_LIMIT = 1 << 60
GIGABYTE = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLimits:
    """The least that the machine or a control group around this process allows.

    Args:
        memory: bytes; None where the system doesn't say.
        processors: how many may compute at a time, such as 0.5 for half of one's time.
    """

    memory: int | None
    processors: float


def find_machine_limits(root: Path = Path("/")) -> MachineLimits:
    """Reads the limits of this process.

    Args:
        root: where `proc` and `sys` lie.
    """
    memory = [*_read_machine_memory(root), *_list_memory_limits(root)]
    present = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return MachineLimits(
        memory=min(memory, default=None), processors=min([float(present), *_list_processor_limits(root)])
    )


def check_machine_memory(needed: int) -> None:
    """Raises: GraderError: the machine, or a control group around this process, has less memory than the bytes needed."""
    memory = find_machine_limits().memory
    if memory is not None and memory < needed:
        raise GraderError(describe_memory_shortage(needed))


def describe_memory_shortage(needed: int | None = None) -> str:
    """Says that the machine's memory ran out, or won't do, in words for whoever runs the grader.

    Args:
        needed: bytes that the grading takes, where that is known.
    """
    memory = find_machine_limits().memory
    has = "" if memory is None else f" of {memory / GIGABYTE:.2g} GB"
    needs = "" if needed is None else f"; grading this exercise takes {needed / GIGABYTE:.2g} GB"
    return f"this machine's memory{has} isn't enough{needs}: grade on a machine, or in a container, with more memory"


def _read_machine_memory(root: Path) -> Iterator[int]:
    for line in _read_text(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            yield int(line.split()[1]) * 1024


def _list_memory_limits(root: Path) -> Iterator[int]:
    for folder in _list_group_folders(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limit = _read_text(folder / name).strip()
            if limit.isdigit() and int(limit) < NO_MEMORY_LIMIT:
                yield int(limit)


def _list_processor_limits(root: Path) -> Iterator[float]:
    for folder in _list_group_folders(root, "cpu"):
        old = _read_text(folder / "cpu.cfs_quota_us") + " " + _read_text(folder / "cpu.cfs_period_us")
        for text in (old, _read_text(folder / "cpu.max")):
            match text.split():
                case [share, period] if share.isdigit() and period.isdigit():  # no limit is -1, or a word
                    yield int(share) / int(period)


def _list_group_folders(root: Path, controller: str) -> Iterator[Path]:
    """The folders of a controller's groups that hold this process, from its own up to the highest that can be seen."""
    for line in _read_text(root / "proc/self/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        own = Path(path.lstrip("/"))
        # In a container the path may be the host's, of which nothing but the highest folder is there.
        for part in (own, *own.parents):
            for mount in dict.fromkeys((controller, names)) if names else ("",):
                yield root / "sys/fs/cgroup" / mount / part


def _read_text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
