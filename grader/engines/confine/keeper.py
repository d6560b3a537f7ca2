"""Stands between the grader and student code: sets limits, starts it, and ends everything that it leaves behind.

Run as a program with nothing but the standard library; on SIGTERM, or when the student's process ends, it kills all
its descendants (orphans come to it, as it is their subreaper) and ends with the student's exit code.
"""

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 2_000_000_000,
    resource.RLIMIT_NOFILE: 1024,
}


def prctl(option: int, value: int) -> None:
    """Linux only; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def descendants(of: int) -> list[int]:
    """Process ids below `of`, found through /proc."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            parents.setdefault(parent, []).append(int(name))
    found, queue = [], [of]
    while queue:
        children = parents.get(queue.pop(), [])
        found += children
        queue += children
    return found


def end_all(child: int) -> None:
    """Kills until nothing is left: what forks while it is killed is caught in the next round."""
    try:
        os.killpg(child, signal.SIGKILL)
    except OSError:
        pass
    while True:
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


def start(command: list[str]) -> int:
    """Forks the student's process; returns its id."""
    child = os.fork()
    if child:
        return child
    os.setpgid(0, 0)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    for limit, value in LIMITS.items():
        hard = resource.getrlimit(limit)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))
    os.execv(command[0], command)


def main() -> None:
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    child = start(sys.argv[1:])

    def stop(*_: object) -> None:
        end_all(child)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.closerange(3, 1024)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            break
    end_all(child)
    code = os.waitstatus_to_exitcode(status)
    os._exit(128 - code if code < 0 else code)


if __name__ == "__main__":
    main()
