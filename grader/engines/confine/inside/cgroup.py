"""A control group for one run, version 1 or 2: the one place where all of a tree's memory is counted."""

from __future__ import annotations

import os

ROOT = "/sys/fs/cgroup"
MAX_UP = 4


class Group:
    """A group of its own with a memory limit and, where it can be had, a limit of processes.

    Args:
        memory: bytes.
        processes: processes and threads.

    Raises:
        OSError: none can be made here.
    """

    def __init__(self, memory: int, processes: int, name: str) -> None:
        self.folders: dict[str, str] = {}
        own = _own()
        try:
            self._make(own, memory, processes, name)
        except OSError:
            self.remove()
            raise

    def _make(self, own: dict[str, str], memory: int, processes: int, name: str) -> None:
        unified = own.get("")
        if "memory" in own:
            self.folders["memory"] = _create(f"{ROOT}/memory", own["memory"], name, "memory.limit_in_bytes")
            self.version = 1
            self._set("memory", "memory.limit_in_bytes", memory)
            self._try("memory", "memory.memsw.limit_in_bytes", memory)
            if "pids" in own:
                self.folders["pids"] = _create(f"{ROOT}/pids", own["pids"], name, "pids.max")
        elif unified is not None:
            self.folders["memory"] = _create(ROOT, unified, name, "memory.max")
            self.version = 2
            self._set("memory", "memory.max", memory)
            self._try("memory", "memory.swap.max", 0)
            if os.path.exists(f"{self.folders['memory']}/pids.max"):
                self.folders["pids"] = self.folders["memory"]
        else:
            raise FileNotFoundError(2, "no memory controller")
        self._try("pids", "pids.max", processes)

    def _set(self, controller: str, name: str, value: int) -> None:
        with open(f"{self.folders[controller]}/{name}", "w") as file:
            file.write(str(value))

    def _try(self, controller: str, name: str, value: int) -> None:
        try:
            self._set(controller, name, value)
        except (OSError, KeyError):
            pass

    def add(self, pid: int) -> None:
        """Puts a process, and all that it will start, into the group. Raises: OSError."""
        for controller in self.folders:
            self._set(controller, "cgroup.procs", pid)

    def exceeded(self) -> bool:
        """Whether the kernel has killed something here for its memory."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        return _figures(f"{self.folders['memory']}/{name}").get("oom_kill", 0) > 0

    def memory(self) -> int:
        """Bytes that can't be taken back: private and shared memory, not the cache of files."""
        figures = _figures(f"{self.folders['memory']}/memory.stat")
        if self.version == 1:
            return figures.get("total_rss", 0) + figures.get("total_shmem", 0)
        return figures.get("anon", 0) + figures.get("shmem", 0)

    def forbid_forks(self) -> None:
        """Nothing new starts here any more."""
        self._try("pids", "pids.max", 0)

    def remove(self) -> bool:
        """Removes the group; False while something in it is still dying."""
        for folder in set(self.folders.values()):
            try:
                os.rmdir(folder)
            except FileNotFoundError:
                continue
            except OSError:
                return False
        return True


def _own() -> dict[str, str]:
    """The present group per controller of version 1, and under the empty name that of version 2."""
    found = {}
    with open("/proc/self/cgroup") as file:
        for line in file:
            number, names, path = line.rstrip("\n").split(":", 2)
            if number == "0" or names:
                found.update(dict.fromkeys(names.split(","), path))
    return found


def _create(mount: str, own: str, name: str, limit: str) -> str:
    """A folder below this process's group, or as near above it as the controller can be had. Raises: OSError."""
    error: OSError = FileNotFoundError(2, f"no {limit}")
    for _ in range(MAX_UP):
        folder = f"{mount}{own.rstrip('/')}/{name}"
        try:
            os.mkdir(folder)
            if os.access(f"{folder}/{limit}", os.W_OK):
                return folder
            os.rmdir(folder)
        except OSError as caught:
            error = caught
        own = os.path.dirname(own)
    raise error


def _figures(path: str) -> dict[str, int]:
    """A file of lines `name number`."""
    try:
        with open(path) as file:
            pairs = (line.split() for line in file)
            return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}
    except (OSError, ValueError):
        return {}
