"""What took a layer of the sandbox away on this machine, and the line that gives it back."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

CONTAINER_OPTIONS = (
    "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined …"
)


class Remedy(Struct, frozen=True, kw_only=True):
    """A setting of the machine that keeps namespaces from whoever grades, and a command against it."""

    cause: str
    command: str


# A file of the kernel, what it holds where namespaces are taken away, and what that means.
SETTINGS = (
    ("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", Remedy(
        cause="AppArmor allows ordinary users no namespaces of use (so Ubuntu does from 23.10 on)",
        command="sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0")),
    ("proc/sys/kernel/unprivileged_userns_clone", "0", Remedy(
        cause="the kernel allows ordinary users no namespaces", command="sudo sysctl -w kernel.unprivileged_userns_clone=1")),
    ("proc/sys/user/max_user_namespaces", "0", Remedy(
        cause="the kernel allows no user namespaces", command="sudo sysctl -w user.max_user_namespaces=10000")),
)  # fmt: skip
FILTERED = re.compile(r"^Seccomp:\s*2$", re.MULTILINE)


def find_remedies(missing: set[str], root: Path = Path("/")) -> list[Remedy]:
    """Finds out what took namespaces away.

    Args:
        missing: names of the layers that aren't there.
        root: where `proc` lies.
    """
    if not missing & {"user-namespace", "user", "files", "processes"}:
        return []
    found = [remedy for name, value, remedy in SETTINGS if _read_text(root / name).strip() == value]
    if FILTERED.search(_read_text(root / "proc/self/status")):
        cause = "a filter of system calls is around this process, as a container puts one around all that runs in it"
        found.append(Remedy(cause=cause, command=CONTAINER_OPTIONS))
    return found


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
