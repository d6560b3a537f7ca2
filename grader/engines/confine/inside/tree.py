"""The processes below the keeper: what they use, and their end."""

from __future__ import annotations

import os

SIGKILL, SIGSTOP = 9, 19
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MAX_ROUNDS = 50


def list_descendants(of: int) -> list[int]:
    """Every process below `of`, by way of /proc."""
    found: list[int] = []
    queue = [of]
    while queue:
        children = _list_children(queue.pop())
        found += children
        queue += children
    return found


def _list_children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    except OSError:
        pass
    return found


def count_tasks(user: int) -> int:
    """How many processes and threads of a user there are, as the kernel counts for RLIMIT_NPROC."""
    total = 0
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == user:
                total += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue
    return total


def count_memory_kills() -> int:
    """How many processes the kernel has ended for want of memory, on the whole machine; 0 where it doesn't say."""
    fields = _read_file("/proc/vmstat").split()
    return int(fields[fields.index(b"oom_kill") + 1]) if b"oom_kill" in fields else 0


def measure_cpu_s(pids: list[int]) -> float:
    """Processor seconds of the processes and of their children that have ended."""
    ticks = 0
    for pid in pids:
        # The process chooses its name, in brackets, which may itself hold blanks and brackets.
        fields = _read_file(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS_PER_S


def measure_resident(pids: list[int]) -> int:
    """Bytes of memory in use; a page that several share counts in each."""
    return sum(int(fields[1]) * PAGE_BYTES for pid in pids if (fields := _read_file(f"/proc/{pid}/statm").split()))


def measure_proportional(pids: list[int]) -> int:
    """Bytes of memory in use; a shared page counts once in all. Slower than `measure_resident`, which is never less."""
    return sum(_read_proportional(pid) for pid in pids)


def _read_proportional(pid: int) -> int:
    for line in _read_file(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return measure_resident([pid])


def measure_private_files(pids: list[int], folder: str) -> int:
    """Bytes in the private temporary file system whose place within their root is `folder`."""
    for pid in pids:
        try:
            status = os.statvfs(f"/proc/{pid}/root{folder}")
        except OSError:
            continue
        return (status.f_blocks - status.f_bfree) * status.f_frsize
    return 0


def measure_folder(folder: str, most: int) -> int:
    """Bytes below a folder; a count beyond `most` files is as bad as any size."""
    total, queue, seen = 0, [folder], 0
    while queue:
        try:
            with os.scandir(queue.pop()) as entries:
                for entry in entries:
                    seen += 1
                    status = entry.stat(follow_symlinks=False)
                    total += status.st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        queue.append(entry.path)
                    if seen > most:
                        return 1 << 62
        except OSError:
            continue
    return total


def kill_tree(keeper: int, first: int = 0) -> None:
    """Kills everything below the keeper: stopped first until nothing new appears, so that no fork escapes.

    Args:
        first: the student's first process, whose session is ended too where there is no /proc.
    """
    if first and not os.path.isdir("/proc/self"):
        try:
            os.killpg(first, SIGKILL)
        except OSError:
            pass
    stopped: set[int] = set()
    for _ in range(MAX_ROUNDS):
        new = [pid for pid in list_descendants(keeper) if pid not in stopped]
        if not new:
            break
        for pid in new:
            send_signal(pid, SIGSTOP)
        stopped.update(new)
    for pid in stopped:
        send_signal(pid, SIGKILL)


def send_signal(pid: int, number: int) -> None:
    """Sends a signal to a process that may have ended already."""
    try:
        os.kill(pid, number)
    except OSError:
        pass


def _read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
