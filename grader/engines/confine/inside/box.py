"""Starts the student's process by one plan: namespaces, the private root, and a first process that outlives it."""

from __future__ import annotations

import fcntl
import os
from typing import NoReturn

from . import places, steps, system, tree
from .plan import IsolationPlan, RunCommand, StartSpec

GRADE_FD = 3
FIRST_HIGH_FD = 64  # our own descriptors, out of the way of the student's few


class PlanFailed(Exception):
    """A plan doesn't work on this machine; the next one is tried."""


class Box:
    """A process that is ready to become the student's and waits for the word.

    Args:
        pid: of the first process in the box, whose end is the end of all.
        report: where it reports; the last line says how the student's process ended.
        go: where it gets the word.
    """

    def __init__(self, pid: int, report: int, go: int) -> None:
        self.pid, self.report, self.go = pid, report, go
        self.layers: list[str] = []
        self.missing: list[str] = []

    def wait_until_ready(self) -> None:
        """Raises: PlanFailed: the plan doesn't work here."""
        words = _read_line(self.report).split("\t")
        if words[0] != "ready":
            raise PlanFailed(words[1] if words[0] == "failed" else "it ended while it was set up")
        self.layers = [name for name in words[1].split(",") if name]
        self.missing = [reason for reason in words[2:] if reason]

    def start_program(self) -> None:
        """Lets the student's program begin."""
        os.write(self.go, b"!")

    def read_exit_code(self) -> int | None:
        """After the end: the exit code of the student's process, negative for a signal; None where nobody said so."""
        line = _read_line(self.report)
        return int(line) if line else None


def _read_line(descriptor: int) -> str:
    data = b""
    while not data.endswith(b"\n"):
        more = os.read(descriptor, 1)
        if not more:
            return ""
        data += more
    return data[:-1].decode("utf-8", "replace")


def launch_box(spec: StartSpec, plan: IsolationPlan, user: int | None) -> Box:
    """Makes a box; the process in it hasn't begun to set itself up.

    Raises:
        PlanFailed: the namespaces can't be had.
    """
    report, report_to = os.pipe()
    go_from, go = os.pipe()
    report_to, go_from = _move_high(report_to), _move_high(go_from)
    pid = os.fork()
    if pid == 0:
        os.close(report)
        os.close(go)
        InsideBox(spec, plan, user, report_to, go_from).run_box()
    os.close(report_to)
    os.close(go_from)
    box = Box(pid, report, go)
    if plan.pids:
        line = _read_line(report)
        os.waitpid(pid, 0)  # the first process of the namespace is ours now, by adoption
        kind, _, text = line.partition("\t")
        if kind != "pid":
            raise PlanFailed(text or "namespaces can't be made")
        box.pid = int(text)
    return box


def _move_high(descriptor: int) -> int:
    moved = int(fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_HIGH_FD))
    os.close(descriptor)
    return moved


class InsideBox:
    """The same, from the forked process's side; `run_box` never returns."""

    def __init__(self, spec: StartSpec, plan: IsolationPlan, user: int | None, report: int, go: int) -> None:
        self.spec, self.plan, self.user, self.report, self.go = spec, plan, user, report, go
        self.home = places.HOME if plan.mounts else spec.scratch
        self.layers = list(plan.layers)

    def run_box(self) -> NoReturn:
        try:
            self._run_steps()
        except BaseException as error:
            self._report_words("failed", str(error) if isinstance(error, OSError) else repr(error))
        os._exit(70)

    def _report_words(self, *words: str) -> None:
        os.write(self.report, ("\t".join(word.replace("\n", " ")[:2000] for word in words) + "\n").encode())

    def _run_steps(self) -> None:
        if self.plan.own_users:
            self._create_user_namespace()
        if self.plan.flags:
            system.unshare(self.plan.flags, ", ".join(sorted(self.plan.namespaces)))
        # `unshare` moves only children into the new process namespace, so its first process must be forked.
        if self.plan.pids:
            first = os.fork()
            if first:
                self._report_words("pid", str(first))
                os._exit(0)
        self._wait_for_word()
        self._prepare_root()
        if not self.plan.pids:
            self._run_student()
        student = os.fork()
        if student == 0:
            self._run_student()
        self._wait_as_first_process(student)

    def _wait_for_word(self) -> None:
        """The keeper has taken note of this process. From here on it dies with the keeper."""
        if os.read(self.go, 1) == b"":
            os._exit(70)
        system.prctl(system.PR_SET_PDEATHSIG, tree.SIGKILL, "PR_SET_PDEATHSIG")

    def _create_user_namespace(self) -> None:
        if self.user is not None:
            self.layers += steps.change_user(self.user)
        _restore_proc_entries()
        user, group = os.getuid(), os.getgid()
        system.unshare(system.NEW_USER, "users")
        # Without rights, a process may write its group map only after it has given up `setgroups`.
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        self.user = None

    def _prepare_root(self) -> None:
        spec = self.spec
        owner = (os.getuid(), os.getgid()) if self.user is None else (self.user, self.user)
        if "hostname" in self.plan.namespaces:
            system.set_host_name(b"grade")
        if self.plan.mounts:
            places.build_root(spec.read, spec.hide, spec.scratch, spec.scratch, spec.disk, owner)
        elif os.getuid() == 0:
            for path in (spec.scratch, *(os.path.join(spec.scratch, name) for name in os.listdir(spec.scratch))):
                os.chown(path, *owner)

    def _wait_as_first_process(self, student: int) -> NoReturn:
        """Buries what ends, and ends, with everything in the namespace, when the student's process does."""
        # It holds no end of the student's lines, so that others see when the student's process closes them.
        for descriptor in (*range(FIRST_HIGH_FD), self.go):
            if descriptor != self.report:
                _close_descriptor(descriptor)
        # The student's process is of the same user and must not trace this one.
        system.prctl(system.PR_SET_DUMPABLE, 0, "PR_SET_DUMPABLE")
        system.drop_bounding_set()
        system.clear_capabilities()
        while True:
            pid, status = os.waitpid(-1, 0)
            if pid == student:
                self._report_words(str(os.waitstatus_to_exitcode(status)))
                os._exit(0)

    def _run_student(self) -> NoReturn:
        """Every step that holds for the process and its children, the narrowest last; then the student's program."""
        try:
            self._lock_up()
        except BaseException as error:
            self._report_words("failed", str(error) if isinstance(error, OSError) else repr(error))
            os._exit(70)
        # The second word: the keeper has seen which layers hold, and `strict` may still refuse to start.
        if os.read(self.go, 1) == b"":
            os._exit(70)
        if self.spec.program is not None:
            self._run_program(self.spec.program)
        os.execve(self.spec.command[0], self.spec.command, self._build_environment())

    def _run_program(self, program: RunCommand) -> NoReturn:
        """As the new program would find it: without our descriptors, and with its own files in /proc/self."""
        for descriptor in (self.report, self.go):
            os.close(descriptor)
        _restore_proc_entries()
        try:
            program(self.spec.command, self._build_environment())
        finally:
            os._exit(70)

    def _lock_up(self) -> None:
        spec, plan = self.spec, self.plan
        os.setsid()
        os.umask(0o022)
        self._keep_descriptors()
        _restore_proc_entries()
        _set_oom_priority()
        counted = spec.counted
        if spec.should_try("limits"):
            # The kernel counts processes per user, so those of others need room on top.
            alone = plan.own_users or self.user is not None
            steps.set_resource_limits(spec, 0 if alone else tree.count_tasks(os.getuid()), counted=counted)
            self.layers.append("limits")
        self.layers += steps.drop_rights(spec, self.user)
        # Asked for again, since a change of user clears it.
        system.prctl(system.PR_SET_PDEATHSIG, tree.SIGKILL, "PR_SET_PDEATHSIG")
        os.chdir(self.home)
        layers, missing = steps.apply_filters(spec, plan, self.home, counted=counted, own_user="user" in self.layers)
        # A clear reason now is better than an interpreter that ends without a word.
        for path in spec.need:
            os.stat(path)
            if not os.access(path, os.R_OK):
                raise PermissionError(13, f"{path} can't be read by the student's process")
        self._report_words("ready", ",".join([*self.layers, *layers]), *missing)

    def _keep_descriptors(self) -> None:
        """Standard input, output and error, the connection to the grader, and our two, which `exec` closes."""
        os.dup2(self.spec.grade, GRADE_FD, inheritable=True)
        kept = {0, 1, 2, GRADE_FD, self.report, self.go}
        for descriptor in set(range(2 * FIRST_HIGH_FD)) - kept:
            _close_descriptor(descriptor)

    def _build_environment(self) -> dict[str, str]:
        places_in = dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), self.home)
        return {**self.spec.environment, **places_in, "GRADE_FD": str(GRADE_FD)}


def _close_descriptor(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        pass


def _restore_proc_entries() -> None:
    """Makes the files in /proc/self ours again, which they aren't after a change of user or in a keeper's copy."""
    system.prctl(system.PR_SET_DUMPABLE, 1, "PR_SET_DUMPABLE")


def _set_oom_priority() -> None:
    """When the whole machine runs out of memory, this is the process to end."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass
