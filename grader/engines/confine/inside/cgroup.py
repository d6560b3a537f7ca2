"""A control group for one run, version 1 or 2: the one place where all of a tree's memory is counted."""

from __future__ import annotations

import os

CGROUP_ROOT = "/sys/fs/cgroup"
MAX_LEVELS_UP = 4
REACHED_SHARE = 0.99  # of a limit; the kernel takes memory in portions, so that a few pages stay free


class ControlGroup:
    """A group of its own with a memory limit and, where it can be had, a limit of processes.

    Args:
        memory: bytes.
        processes: processes and threads.

    Raises:
        OSError: none can be made here.
    """

    def __init__(self, memory: int, processes: int, name: str) -> None:
        self.folders: dict[str, str] = {}
        own = _find_own_groups()
        try:
            self._make_folders(own, memory, processes, name)
        except OSError:
            self.remove_group()
            raise

    def _make_folders(self, own: dict[str, str], memory: int, processes: int, name: str) -> None:
        unified = own.get("")
        # A machine may mount both versions, and the memory controller then belongs to one of them.
        if "memory" in own:
            self.folders["memory"] = _create_folder(
                f"{CGROUP_ROOT}/memory", own["memory"], name, "memory.limit_in_bytes"
            )
            self.version = 1
            self._set_value("memory", "memory.limit_in_bytes", memory)
            # Without a limit on swap, a process could grow past its limit of memory.
            self._try_set("memory", "memory.memsw.limit_in_bytes", memory)
            if "pids" in own:
                self.folders["pids"] = _create_folder(f"{CGROUP_ROOT}/pids", own["pids"], name, "pids.max")
        elif unified is not None:
            self.folders["memory"] = _create_folder(CGROUP_ROOT, unified, name, "memory.max")
            self.version = 2
            self._set_value("memory", "memory.max", memory)
            self._try_set("memory", "memory.swap.max", 0)
            if os.path.exists(f"{self.folders['memory']}/pids.max"):
                self.folders["pids"] = self.folders["memory"]
        else:
            raise FileNotFoundError(2, "no memory controller")
        self._try_set("pids", "pids.max", processes)

    def _set_value(self, controller: str, name: str, value: int) -> None:
        with open(f"{self.folders[controller]}/{name}", "w") as file:
            file.write(str(value))

    def _try_set(self, controller: str, name: str, value: int) -> None:
        try:
            self._set_value(controller, name, value)
        except (OSError, KeyError):
            pass

    def add_process(self, pid: int) -> None:
        """Puts a process, and all that it will start, into the group. Raises: OSError."""
        for controller in self.folders:
            self._set_value(controller, "cgroup.procs", pid)

    def has_lost_process(self) -> bool:
        """Whether the kernel has killed something here to get memory, for whichever limit that was."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        return self._read_memory_figures(name).get("oom_kill", 0) > 0

    def has_exceeded_memory(self) -> bool:
        """Whether the kernel has killed something here for this group's own limit, not for one above it."""
        if not self.has_lost_process():
            return False
        if self.version == 2:
            return self._read_memory_figures("memory.events").get("oom", 0) > 0
        # Newer kernels no longer count how often a limit of version 1 was reached, but all keep the highest use.
        limit = self._read_count("memory.limit_in_bytes")
        return self._read_count("memory.max_usage_in_bytes") > REACHED_SHARE * limit > 0

    def _read_memory_figures(self, name: str) -> dict[str, int]:
        return _read_figures(f"{self.folders['memory']}/{name}")

    def _read_count(self, name: str) -> int:
        try:
            with open(f"{self.folders['memory']}/{name}") as file:
                return int(file.read())
        except OSError:
            return 0

    def measure_memory(self) -> int:
        """Bytes that can't be taken back: private and shared memory, not the cache of files."""
        figures = self._read_memory_figures("memory.stat")
        if self.version == 1:
            return figures.get("total_rss", 0) + figures.get("total_shmem", 0)
        return figures.get("anon", 0) + figures.get("shmem", 0)

    def stop_forks(self) -> None:
        """Nothing new starts here any more."""
        self._try_set("pids", "pids.max", 0)

    def remove_group(self) -> bool:
        """Removes the group; False while something in it is still dying."""
        for folder in set(self.folders.values()):
            try:
                os.rmdir(folder)
            except FileNotFoundError:
                continue
            except OSError:
                return False
        return True


def _find_own_groups() -> dict[str, str]:
    """The present group per controller of version 1, and under the empty name that of version 2."""
    found = {}
    with open("/proc/self/cgroup") as file:
        for line in file:
            number, names, path = line.rstrip("\n").split(":", 2)
            if number == "0" or names:
                found.update(dict.fromkeys(names.split(","), path))
    return found


def _create_folder(mount: str, own: str, name: str, limit: str) -> str:
    """A folder below this process's group, or as near above it as the controller can be had. Raises: OSError."""
    error: OSError = FileNotFoundError(2, f"no {limit}")
    for _ in range(MAX_LEVELS_UP):
        folder = f"{mount}{own.rstrip('/')}/{name}"
        try:
            os.mkdir(folder)
            # Where the controller isn't enabled the folder can be made, but the file of its limit is missing.
            if os.access(f"{folder}/{limit}", os.W_OK):
                return folder
            os.rmdir(folder)
        except OSError as caught:
            error = caught
        own = os.path.dirname(own)
    raise error


def _read_figures(path: str) -> dict[str, int]:
    """A file of lines `name number`."""
    try:
        with open(path) as file:
            pairs = (line.split() for line in file)
            return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}
    except (OSError, ValueError):
        return {}
