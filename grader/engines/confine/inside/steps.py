"""What a process does to itself just before it becomes the student's: it can't be undone and holds for its children."""

from __future__ import annotations

import os
import resource

from . import landlock, places, seccomp, system
from .plan import IsolationPlan, StartSpec

MAX_FILE_BYTES = 2_000_000_000
MAX_OPEN_FILES = (
    512  # on their way through sockets they count for all of a user's processes, of which others may have 1024
)
MAX_LOCKED_BYTES = 8_000_000


def compute_process_limit() -> int:
    """How many processes and threads a submission may have: TensorFlow takes several per core."""
    return 256 + 16 * (os.cpu_count() or 1)


def set_resource_limits(spec: StartSpec, others: int, *, counted: bool) -> None:
    """Sets the resource limits.

    Args:
        others: processes of the same user that aren't the student's.
        counted: whether a control group counts memory; else a wide bound on private memory stands in between
            two looks of the watch.
    """
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: max(MAX_FILE_BYTES, spec.memory),
        resource.RLIMIT_NOFILE: MAX_OPEN_FILES,
        resource.RLIMIT_NPROC: compute_process_limit() + others,
        resource.RLIMIT_MEMLOCK: MAX_LOCKED_BYTES,
    }
    if system.LINUX:
        limits |= {resource.RLIMIT_MSGQUEUE: 0, resource.RLIMIT_RTPRIO: 0, resource.RLIMIT_NICE: 0}
        if not counted:
            limits[resource.RLIMIT_DATA] = 2 * spec.memory + 4 * MAX_FILE_BYTES
    for name, value in limits.items():
        hard = resource.getrlimit(name)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (bound, bound))


def drop_rights(spec: StartSpec, user: int | None) -> list[str]:
    """Leaves the grader's user and every right that root or a namespace gave; returns the layers that hold.

    Raises:
        OSError: it can't.
    """
    layers: list[str] = []
    if spec.should_try("capabilities"):
        # First, while the process still has the right to do so.
        system.drop_bounding_set()
    if user is not None:
        layers += change_user(user)
    if spec.should_try("capabilities"):
        system.clear_capabilities()
        layers.append("capabilities")
    if spec.should_try("privileges"):
        # The kernel also demands this of a process without rights before Landlock and a filter.
        system.prctl(system.PR_SET_NO_NEW_PRIVS, 1, "no_new_privs")
        layers.append("privileges")
    return layers


def change_user(user: int) -> list[str]:
    """Becomes a user, of the group with the same number and of no other; returns the layer's name."""
    # Groups come first: after the change of user the right to change them is gone.
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    return ["user"]


def apply_filters(
    spec: StartSpec, plan: IsolationPlan, home: str, *, counted: bool, own_user: bool
) -> tuple[list[str], list[str]]:
    """Landlock, then the system-call filter; returns the layers that hold, and why others don't."""
    layers, missing = [], []
    for name in ("landlock", "system-calls"):
        if not spec.should_try(name):
            continue
        try:
            if name == "landlock":
                _limit_file_access(spec, plan, home)
            else:
                seccomp.install_filter(
                    sockets=plan.mounts,
                    memory_files=counted,
                    alone=not (plan.pids or own_user),
                    shared_files=not (plan.mounts or own_user),
                )
        except OSError as error:
            missing.append(f"{name}: {error.strerror}")
        else:
            layers.append(name)
    return layers, missing


def _limit_file_access(spec: StartSpec, plan: IsolationPlan, home: str) -> None:
    common = places.list_common_paths(own_proc=plan.mounts and plan.pids)
    devices = [f"/dev/{name}" for name in places.DEVICES]
    if plan.mounts:
        landlock.limit_file_access(["/"], [*common, *spec.read, "/dev", "/etc", "/home"], [*devices, *places.WRITABLE])
    else:
        landlock.limit_file_access(spec.show, [*common, *places.list_readable(spec.read, spec.hide)], [*devices, home])
