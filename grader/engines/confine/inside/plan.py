"""The ways to isolate a process, best first; the keeper takes the first one that works on this machine."""

from __future__ import annotations

import os

from . import system
from .spec import Spec

NAMESPACES = {
    "files": system.NEW_MOUNTS, "processes": system.NEW_PIDS, "network": system.NEW_NETWORK, "ipc": system.NEW_IPC,
    "hostname": system.NEW_UTS, "cgroups": system.NEW_CGROUP,
}  # fmt: skip


class Plan:
    """One way.

    Args:
        fresh_user: become a user id that nobody else has (root only).
        own_users: make a user namespace, which gives the right to make the others.
        namespaces: names of the namespaces to make.
    """

    def __init__(self, *, fresh_user: bool, own_users: bool, namespaces: frozenset[str]) -> None:
        self.fresh_user, self.own_users, self.namespaces = fresh_user, own_users, namespaces
        self.mounts, self.pids = "files" in namespaces, "processes" in namespaces

    @property
    def flags(self) -> int:
        """For `unshare`, without the user namespace."""
        return sum(NAMESPACES[name] for name in self.namespaces)

    @property
    def layers(self) -> list[str]:
        """Layers that hold when everything in the plan worked (the fresh user says so itself)."""
        own = ["user-namespace"] if self.own_users else []
        return own + [name for name in NAMESPACES if name in self.namespaces]


def ladder(spec: Spec) -> list[Plan]:
    """Plans to try in order; the last one needs nothing of the system."""
    wanted = frozenset(name for name in NAMESPACES if spec.wants(name)) if system.LINUX else frozenset()
    root = os.getuid() == 0 and system.LINUX
    fresh = root and spec.wants("user")
    own = spec.wants("user-namespace") and bool(wanted)
    sets = [names for names in (wanted, wanted - {"files"}) if names]
    plans = []
    if root:
        plans += [Plan(fresh_user=user, own_users=False, namespaces=names) for names in sets for user in _both(fresh)]
    if own:
        plans += [Plan(fresh_user=fresh, own_users=True, namespaces=names) for names in sets]
    plans += [Plan(fresh_user=user, own_users=False, namespaces=frozenset()) for user in _both(fresh)]
    return plans


def _both(fresh: bool) -> list[bool]:
    return [True, False] if fresh else [False]
