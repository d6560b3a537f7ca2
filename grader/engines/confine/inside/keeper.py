"""Starts student code as confined as the machine allows, watches it, and ends all that it started.

It never reads what the student's process says, and lives outside of everything that the student's process can reach.
"""

from __future__ import annotations

import os
import select
import sys

from . import removing, system, tree
from .box import Box, PlanFailed, launch_box
from .cgroup import ControlGroup
from .places import HOME, MAX_FILES
from .plan import IsolationPlan, RunCommand, StartSpec, list_plans
from .steps import compute_process_limit

TICK_MS = 100
MAX_GRACE_ROUNDS = 100
STRICT_LAYERS = (
    ("user", "user-namespace"), ("files",), ("processes",), ("network",), ("ipc",), ("hostname",), ("cgroups",),
    ("limits",), ("capabilities",), ("privileges",), ("landlock",), ("system-calls",),
)  # fmt: skip
FIRST_FREE_USER = 1_900_000_000


class RunKeeper:
    """One run.

    Args:
        spec: what the front wants.
    """

    def __init__(self, spec: StartSpec) -> None:
        self.spec = spec
        self.system_kills = tree.count_memory_kills()
        self.missing: list[str] = []
        self.group = self._create_group()
        spec.counted = self.group is not None
        try:
            self.box, self.plan = self._open_box()
        except PlanFailed:
            self._remove_group()
            raise
        self.exceeded = self.starved = False
        self.peak = 0
        self.cpu_s = 0.0

    def _create_group(self) -> ControlGroup | None:
        if not (system.LINUX and self.spec.should_try("memory-group")):
            return None
        try:
            return ControlGroup(
                self.spec.memory, 2 * compute_process_limit(), f"grade-{os.getpid()}-{os.urandom(4).hex()}"
            )
        except OSError as error:
            self.missing.append(f"memory-group: {error.strerror}")
            return None

    def _open_box(self) -> tuple[Box, IsolationPlan]:
        """The first plan that works. Raises: PlanFailed: none does."""
        for plan in list_plans(self.spec):
            box = None
            try:
                box = launch_box(self.spec, plan, _pick_fresh_user() if plan.fresh_user else None)
                if self.group is not None:
                    self.group.add_process(box.pid)
                box.start_program()
                box.wait_until_ready()
            except (PlanFailed, OSError) as error:
                self._give_up_box(box)
                self.missing.append(f"{' '.join(plan.layers) or 'no namespaces'}: {error}")
            else:
                return box, plan
        raise PlanFailed("; ".join(self.missing))

    def _give_up_box(self, box: Box | None) -> None:
        if box is not None:
            os.close(box.go)
            os.close(box.report)
            tree.send_signal(box.pid, tree.SIGKILL)
        while _collect_ended_child():
            pass

    def list_layers(self) -> list[str]:
        """Names of the layers that hold, those of the keeper itself included."""
        memory = ["memory-group"] if self.group is not None else []
        if self.group is not None and "pids" in self.group.folders:
            memory.append("process-group")
        return [*self.box.layers, *memory, *(["memory-watch"] if self.spec.should_try("memory-watch") else [])]

    def list_missing_layers(self) -> list[str]:
        """What `strict` asks for and this machine doesn't have."""
        held = set(self.list_layers())
        return [names[0] for names in STRICT_LAYERS if not held.intersection(names)]

    # ---- while it runs ----

    def check_usage(self) -> None:
        """Takes note of memory and processor time, and ends what uses too much."""
        pids = tree.list_descendants(os.getpid())
        self.cpu_s = max(self.cpu_s, tree.measure_cpu_s(pids))
        memory = self._measure_memory(pids)
        self.peak = max(self.peak, memory)
        by_kernel = self.group is not None and self.group.has_exceeded_memory()
        if by_kernel or (self.spec.should_try("memory-watch") and memory > self.spec.memory):
            self.exceeded = True
            self.kill()
        elif self.group is not None and self.group.has_lost_process():
            self.starved = True
            self.kill()

    def _measure_memory(self, pids: list[int]) -> int:
        if self.group is not None:
            return self.group.measure_memory()
        if self.plan.mounts:
            files = tree.measure_private_files(pids, os.path.dirname(HOME))
        else:
            files = tree.measure_folder(self.spec.scratch, MAX_FILES)
        # The exact figure takes longer to read, so it is asked for only when the rough one is over the limit.
        resident = tree.measure_resident(pids)
        return files + (resident if resident + files <= self.spec.memory else tree.measure_proportional(pids))

    def kill(self) -> None:
        """Ends the student's process and all it started, at once."""
        if self.group is not None:
            self.group.stop_forks()
        # With its first process the kernel ends the whole namespace.
        if self.plan.pids:
            tree.send_signal(self.box.pid, tree.SIGKILL)
        else:
            tree.kill_tree(os.getpid(), self.box.pid)

    def format_state(self) -> str:
        return f"state\t{int(self.exceeded)}\t{int(self.starved)}\t{self.peak}\t{self.cpu_s:.3f}"

    def run_to_end(self) -> int:
        """Follows the process to its end, answers the front, and obeys it; returns the student's exit code."""
        waiting = select.poll()
        waiting.register(self.spec.control, select.POLLIN)
        ended = _open_pid(self.box.pid)
        if ended is not None:
            waiting.register(ended, select.POLLIN)
        status = None
        while status is None:
            # Without a handle on the process its end wakes nobody, so the keeper looks more often.
            events = dict(waiting.poll(TICK_MS if ended is not None else TICK_MS // 5))
            if self.spec.control in events:
                # Nothing to read means that the front is gone: then everything ends as if it had asked for that.
                asked = os.read(self.spec.control, 1)
                self.check_usage()
                if asked == b"?":
                    self.send_line(self.format_state())
                else:
                    self.kill()
            elif not events:
                self.check_usage()
            status = self._find_exit_code()
        return self._end_run(status)

    def _find_exit_code(self) -> int | None:
        """The exit code of the box's first process once it has ended; buries everything else."""
        code = None
        while buried := _collect_ended_child():
            if buried[0] == self.box.pid:
                code = buried[1]
        return code

    def _end_run(self, code: int) -> int:
        self.check_usage()
        told = self.box.read_exit_code() if self.plan.pids else code
        told = -tree.SIGKILL if told is None else told
        # Without a group nobody says whom the kernel killed; that it killed somebody is the likeliest reason.
        if told == -tree.SIGKILL and not self.exceeded and self.group is None:
            self.starved = tree.count_memory_kills() > self.system_kills
        # Without a namespace, what outlives the student's process has become a child of the keeper.
        for _ in range(MAX_GRACE_ROUNDS):
            if not tree.list_descendants(os.getpid()):
                break
            tree.kill_tree(os.getpid())
            while _collect_ended_child():
                pass
            select.poll().poll(5)
        self._remove_group()
        return told

    def _remove_group(self) -> None:
        for _ in range(MAX_GRACE_ROUNDS):
            if self.group is None or self.group.remove_group():
                return
            select.poll().poll(5)

    def send_line(self, line: str) -> bool:
        """One line to the front; False where that has gone."""
        try:
            os.write(self.spec.control, f"{line}\n".encode())
        except OSError:
            return False
        return True


def _pick_fresh_user() -> int:
    """A user id that nobody has, from those that exist in this user namespace."""
    with open("/proc/self/uid_map") as file:
        ranges = [tuple(map(int, line.split())) for line in file]
    highest = max(start + count for start, _, count in ranges)
    first = FIRST_FREE_USER if highest > 2 * FIRST_FREE_USER else highest // 2
    return first + int.from_bytes(os.urandom(4), "big") % min(highest - first - 1000, 200_000_000)


def _collect_ended_child() -> tuple[int, int] | None:
    """A child that has ended, and its exit code."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


def _open_pid(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (OSError, AttributeError):
        return None


def main(words: list[str] | None = None, program: RunCommand | None = None) -> None:
    """Raises nothing: what goes wrong is reported to the front.

    Args:
        words: instead of those of the command line.
        program: runs the command in the copied process itself; without one it becomes a new program.
    """
    spec = StartSpec(sys.argv[1:] if words is None else words)
    spec.program = program
    os.set_inheritable(spec.control, False)
    os.set_inheritable(spec.grade, False)
    keeper = None
    try:
        # Orphans go to the keeper instead of init, so that none gets away.
        system.prctl(system.PR_SET_CHILD_SUBREAPER, 1, "PR_SET_CHILD_SUBREAPER")
        # No process of the same user can then trace the keeper or read its memory.
        system.prctl(system.PR_SET_DUMPABLE, 0, "PR_SET_DUMPABLE")
        keeper = RunKeeper(spec)
        _close_student_ends(spec)
        _report_layers(keeper)
        code = keeper.run_to_end()
    except BaseException as error:
        _tell_front(spec, "failed", str(error) if isinstance(error, PlanFailed) else repr(error))
        os._exit(70)  # what runs dies with this process
    if not keeper.send_line(f"{keeper.format_state()}\t{code}"):  # nobody else is there to remove it
        _remove(spec.scratch)
    os._exit(0)


def _remove(scratch: str) -> None:
    try:
        removing.remove(scratch)
    except OSError:
        pass


def _report_layers(keeper: RunKeeper) -> None:
    """Tells the front what holds, and lets the student's program begin."""
    if keeper.spec.level == "strict" and (lacking := keeper.list_missing_layers()):
        keeper.send_line("\t".join(["refused", ",".join(lacking), *keeper.missing]))
        keeper.kill()
        return
    reasons = [reason.replace("\n", " ").replace("\t", " ") for reason in (*keeper.missing, *keeper.box.missing)]
    keeper.send_line("\t".join(["ready", ",".join(keeper.list_layers()), *reasons]))
    keeper.box.start_program()


def _close_student_ends(spec: StartSpec) -> None:
    """Lets go of what only the student's process may hold, so that its end shows at the other ends."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(spec.grade)


def _tell_front(spec: StartSpec, kind: str, text: str) -> None:
    try:
        os.write(spec.control, (f"{kind}\t" + text.replace("\n", " ")[:4000] + "\n").encode())
    except OSError:
        pass
