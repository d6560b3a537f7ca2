"""Stands between the grader and student code: starts it as confined as can be, watches it, and ends all it started.

It never reads what the student's process says, and lives outside of everything that the student's process can reach.
"""

from __future__ import annotations

import os
import select
import sys

from . import removing, system, tree
from .box import Box, Failed, launch
from .cgroup import Group
from .places import HOME, MAX_FILES
from .plan import Plan, ladder
from .spec import Program, Spec
from .steps import processes

TICK_MS = 100
GRACE_ROUNDS = 100
STRICT = (
    ("user", "user-namespace"), ("files",), ("processes",), ("network",), ("ipc",), ("hostname",), ("cgroups",),
    ("limits",), ("capabilities",), ("privileges",), ("landlock",), ("system-calls",),
)  # fmt: skip
FIRST_FREE_USER = 1_900_000_000


class Keeper:
    """One run.

    Args:
        spec: what the front wants.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.missing: list[str] = []
        self.group = self._group()
        spec.counted = self.group is not None
        try:
            self.box, self.plan = self._open()
        except Failed:
            self._remove_group()
            raise
        self.exceeded = False
        self.peak = 0
        self.cpu_s = 0.0

    def _group(self) -> Group | None:
        if not (system.LINUX and self.spec.wants("memory-group")):
            return None
        try:
            return Group(self.spec.memory, 2 * processes(), f"grade-{os.getpid()}-{os.urandom(4).hex()}")
        except OSError as error:
            self.missing.append(f"memory-group: {error.strerror}")
            return None

    def _open(self) -> tuple[Box, Plan]:
        """The first plan that works. Raises: Failed: none does."""
        for plan in ladder(self.spec):
            box = None
            try:
                box = launch(self.spec, plan, _fresh_user() if plan.fresh_user else None)
                if self.group is not None:
                    self.group.add(box.pid)
                box.start()
                box.wait_until_ready()
            except (Failed, OSError) as error:
                self._give_up(box)
                self.missing.append(f"{' '.join(plan.layers) or 'no namespaces'}: {error}")
            else:
                return box, plan
        raise Failed("; ".join(self.missing))

    def _give_up(self, box: Box | None) -> None:
        if box is not None:
            os.close(box.go)
            os.close(box.report)
            tree.signal(box.pid, tree.SIGKILL)
        while _bury():
            pass

    def layers(self) -> list[str]:
        """Names of the layers that hold, those of the keeper itself included."""
        memory = ["memory-group"] if self.group is not None else []
        if self.group is not None and "pids" in self.group.folders:
            memory.append("process-group")
        return [*self.box.layers, *memory, *(["memory-watch"] if self.spec.wants("memory-watch") else [])]

    def lacking(self) -> list[str]:
        """What `strict` asks for and this machine doesn't have."""
        held = set(self.layers())
        return [names[0] for names in STRICT if not held.intersection(names)]

    # ---- while it runs ----

    def look(self) -> None:
        """Takes note of memory and processor time, and ends what uses too much."""
        pids = tree.descendants(os.getpid())
        self.cpu_s = max(self.cpu_s, tree.cpu_s(pids))
        memory = self._memory(pids)
        self.peak = max(self.peak, memory)
        by_kernel = self.group is not None and self.group.exceeded()
        if by_kernel or (self.spec.wants("memory-watch") and memory > self.spec.memory):
            self.exceeded = True
            self.kill()

    def _memory(self, pids: list[int]) -> int:
        if self.group is not None:
            return self.group.memory()
        if self.plan.mounts:
            files = tree.in_files(pids, os.path.dirname(HOME))
        else:
            files = tree.on_disk(self.spec.scratch, MAX_FILES)
        resident = tree.resident(pids)
        return files + (resident if resident + files <= self.spec.memory else tree.proportional(pids))

    def kill(self) -> None:
        """Ends the student's process and all it started, at once."""
        if self.group is not None:
            self.group.forbid_forks()
        if self.plan.pids:
            tree.signal(self.box.pid, tree.SIGKILL)
        else:
            tree.end(os.getpid(), self.box.pid)

    def state(self) -> str:
        return f"state\t{int(self.exceeded)}\t{self.peak}\t{self.cpu_s:.3f}"

    def run(self) -> int:
        """Follows the process to its end, answers the front, and obeys it; returns the student's exit code."""
        waiting = select.poll()
        waiting.register(self.spec.control, select.POLLIN)
        ended = _descriptor_of(self.box.pid)
        if ended is not None:
            waiting.register(ended, select.POLLIN)
        status = None
        while status is None:
            events = dict(waiting.poll(TICK_MS if ended is not None else TICK_MS // 5))
            if self.spec.control in events:
                asked = os.read(self.spec.control, 1)
                self.look()
                if asked == b"?":
                    self.say(self.state())
                else:
                    self.kill()
            elif not events:
                self.look()
            status = self._status()
        return self._end(status)

    def _status(self) -> int | None:
        """The exit code of the box's first process once it has ended; buries everything else."""
        code = None
        while buried := _bury():
            if buried[0] == self.box.pid:
                code = buried[1]
        return code

    def _end(self, code: int) -> int:
        self.look()
        told = self.box.code() if self.plan.pids else code
        for _ in range(GRACE_ROUNDS):
            if not tree.descendants(os.getpid()):
                break
            tree.end(os.getpid())
            while _bury():
                pass
            select.poll().poll(5)
        self._remove_group()
        return -tree.SIGKILL if told is None else told

    def _remove_group(self) -> None:
        for _ in range(GRACE_ROUNDS):
            if self.group is None or self.group.remove():
                return
            select.poll().poll(5)

    def say(self, line: str) -> bool:
        """One line to the front; False where that has gone."""
        try:
            os.write(self.spec.control, f"{line}\n".encode())
        except OSError:
            return False
        return True


def _fresh_user() -> int:
    """A user id that nobody has, from those that exist in this user namespace."""
    with open("/proc/self/uid_map") as file:
        ranges = [tuple(map(int, line.split())) for line in file]
    highest = max(start + count for start, _, count in ranges)
    first = FIRST_FREE_USER if highest > 2 * FIRST_FREE_USER else highest // 2
    return first + int.from_bytes(os.urandom(4), "big") % min(highest - first - 1000, 200_000_000)


def _bury() -> tuple[int, int] | None:
    """A child that has ended, and its exit code."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


def _descriptor_of(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (OSError, AttributeError):
        return None


def main(words: list[str] | None = None, program: Program | None = None) -> None:
    """Raises nothing: what goes wrong is told to the front.

    Args:
        words: instead of those of the command line.
        program: runs the command in the copied process itself; without one it becomes a new program.
    """
    spec = Spec(sys.argv[1:] if words is None else words)
    spec.program = program
    os.set_inheritable(spec.control, False)
    os.set_inheritable(spec.grade, False)
    keeper = None
    try:
        system.prctl(system.PR_SET_CHILD_SUBREAPER, 1, "PR_SET_CHILD_SUBREAPER")
        system.prctl(system.PR_SET_DUMPABLE, 0, "PR_SET_DUMPABLE")
        keeper = Keeper(spec)
        _leave_to_student(spec)
        _announce(keeper)
        code = keeper.run()
    except BaseException as error:
        _tell(spec, "failed", str(error) if isinstance(error, Failed) else repr(error))
        os._exit(70)  # what runs dies with this process
    if not keeper.say(f"{keeper.state()}\t{code}"):  # nobody else is there to remove it
        _remove(spec.scratch)
    os._exit(0)


def _remove(scratch: str) -> None:
    try:
        removing.remove(scratch)
    except OSError:
        pass


def _announce(keeper: Keeper) -> None:
    """Tells the front what holds, and lets the student's program begin."""
    if keeper.spec.level == "strict" and (lacking := keeper.lacking()):
        keeper.say("\t".join(["refused", ",".join(lacking), *keeper.missing]))
        keeper.kill()
        return
    reasons = [reason.replace("\n", " ").replace("\t", " ") for reason in (*keeper.missing, *keeper.box.missing)]
    keeper.say("\t".join(["ready", ",".join(keeper.layers()), *reasons]))
    keeper.box.start()


def _leave_to_student(spec: Spec) -> None:
    """Lets go of what only the student's process may hold, so that its end shows at the other ends."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(spec.grade)


def _tell(spec: Spec, kind: str, text: str) -> None:
    try:
        os.write(spec.control, (f"{kind}\t" + text.replace("\n", " ")[:4000] + "\n").encode())
    except OSError:
        pass
