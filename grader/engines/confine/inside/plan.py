"""The ways to isolate a process, best first; the keeper takes the first one that works on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable

from . import system

NAMESPACES = {
    "files": system.NEW_MOUNTS, "processes": system.NEW_PIDS, "network": system.NEW_NETWORK, "ipc": system.NEW_IPC,
    "hostname": system.NEW_UTS, "cgroups": system.NEW_CGROUP,
}  # fmt: skip
# Runs a command with an environment, in this process, and never returns.
RunCommand = Callable[[list[str], dict[str, str]], None]


class IsolationPlan:
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


def list_plans(spec: StartSpec) -> list[IsolationPlan]:
    """Plans to try in order; the last one needs nothing of the system."""
    wanted = frozenset(name for name in NAMESPACES if spec.should_try(name)) if system.LINUX else frozenset()
    root = os.getuid() == 0 and system.LINUX
    fresh = root and spec.should_try("user")
    own = spec.should_try("user-namespace") and bool(wanted)
    # Containers forbid mounts most often, and the other namespaces are worth having without them.
    sets = [names for names in (wanted, wanted - {"files"}) if names]
    plans = []
    if root:
        plans += [
            IsolationPlan(fresh_user=user, own_users=False, namespaces=names)
            for names in sets
            for user in _list_user_choices(fresh)
        ]
    if own:
        plans += [IsolationPlan(fresh_user=fresh, own_users=True, namespaces=names) for names in sets]
    plans += [
        IsolationPlan(fresh_user=user, own_users=False, namespaces=frozenset()) for user in _list_user_choices(fresh)
    ]
    return plans


def _list_user_choices(fresh: bool) -> list[bool]:
    return [True, False] if fresh else [False]


class StartSpec:
    """One start of student code.

    Args:
        words: what follows the program's name on the command line; names that may be repeated make lists.
    """

    def __init__(self, words: list[str]) -> None:
        end = words.index("--")
        self.command = words[end + 1 :]
        values: dict[str, list[str]] = {}
        for word in words[:end]:
            name, _, value = word.partition("=")
            values.setdefault(name, []).append(value)
        self.control = int(values["control"][0])
        self.grade = int(values["grade"][0])
        self.scratch = values["scratch"][0]
        self.memory = int(values["memory"][0])
        self.level = values["level"][0]
        self.read = values.get("read", [])
        self.hide = values.get("hide", [])
        self.show = values.get("show", [])
        self.need = values.get("need", [])
        self.environment = dict(pair.split("=", 1) for pair in values.get("env", []))
        self.without = frozenset(values.get("without", []))
        self.program: RunCommand | None = None
        self.counted = False  # set by the keeper, once it knows whether a control group counts memory

    @property
    def disk(self) -> int:
        """Bytes that the private temporary file system holds."""
        return self.memory // 2

    def should_try(self, layer: str) -> bool:
        """Whether a layer is to be tried."""
        return self.level != "off" and layer not in self.without
