"""How much memory the machine, and the control groups around this process, leave it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.errors import GraderError

# Version 1 writes "no limit" as the highest number of whole pages.
NO_MEMORY_LIMIT = 1 << 60
GIGABYTE = 1e9
CONTROLLER = "memory"  # which counts it


def find_memory_limit(root: Path = Path("/")) -> int | None:
    """The bytes that the machine and the control groups around this process leave it; None where the system doesn't say.

    Args:
        root: where `proc` and `sys` lie.
    """
    return min([*_read_machine_memory(root), *_list_memory_limits(root)], default=None)


def check_machine_memory(needed: int) -> None:
    """Raises: GraderError: the machine, or a control group around this process, has less memory than the bytes needed."""
    memory = find_memory_limit()
    if memory is not None and memory < needed:
        raise GraderError(describe_memory_shortage(needed))


def describe_memory_shortage(needed: int | None = None) -> str:
    """Says that the machine's memory ran out, or won't do, in words for whoever runs the grader.

    Args:
        needed: bytes that the grading takes, where that is known.
    """
    memory = find_memory_limit()
    has = "" if memory is None else f" of {memory / GIGABYTE:.2g} GB"
    needs = "" if needed is None else f"; grading this exercise takes {needed / GIGABYTE:.2g} GB"
    return f"this machine's memory{has} isn't enough{needs}: grade on a machine, or in a container, with more memory"


def _read_machine_memory(root: Path) -> Iterator[int]:
    for line in _read_text(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            yield int(line.split()[1]) * 1024


def _list_memory_limits(root: Path) -> Iterator[int]:
    for folder in _list_group_folders(root):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limit = _read_text(folder / name).strip()
            if limit.isdigit() and int(limit) < NO_MEMORY_LIMIT:
                yield int(limit)


def _list_group_folders(root: Path) -> Iterator[Path]:
    """The folders of the groups that count this process's memory, from its own up to the highest that can be seen."""
    for line in _read_text(root / "proc/self/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        if names and CONTROLLER not in names.split(","):
            continue
        own = Path(path.lstrip("/"))
        # In a container the path may be the host's, of which nothing but the highest folder is there.
        for part in (own, *own.parents):
            for mount in dict.fromkeys((CONTROLLER, names)) if names else ("",):
                yield root / "sys/fs/cgroup" / mount / part


def _read_text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
