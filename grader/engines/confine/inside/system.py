"""The few system calls that Python doesn't offer, each raising OSError with its name."""

from __future__ import annotations

import ctypes
import os
import sys

LINUX = sys.platform == "linux"
LIBC = ctypes.CDLL(None, use_errno=True)
MACHINE = os.uname().machine

NEW_MOUNTS, NEW_CGROUP, NEW_UTS, NEW_IPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEW_USER, NEW_PIDS, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 1, 2
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 1, 4, 24, 36
PR_SET_NO_NEW_PRIVS = 38

NUMBERS = {"pivot_root": {"x86_64": 155, "aarch64": 41}, "mount_setattr": {"x86_64": 442, "aarch64": 442}}


class MountAttributes(ctypes.Structure):
    """The kernel's `struct mount_attr`."""

    _fields_ = (
        ("set", ctypes.c_uint64), ("clear", ctypes.c_uint64), ("propagation", ctypes.c_uint64),
        ("userns", ctypes.c_uint64),
    )  # fmt: skip


def check_result(result: int, what: str) -> int:
    """Raises: OSError: the call failed."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def call_system(number: int, what: str, *arguments: object) -> int:
    """A system call by number."""
    return check_result(LIBC.syscall(ctypes.c_long(number), *arguments), what)


def prctl(option: int, value: int, what: str) -> None:
    """One of `prctl`'s simple forms; nothing outside Linux."""
    if LINUX:
        zero = ctypes.c_ulong(0)
        check_result(LIBC.prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero), what)


def unshare(flags: int, what: str) -> None:
    """Leaves namespaces that are shared with the parent."""
    check_result(LIBC.unshare(ctypes.c_int(flags)), f"unshare {what}")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """A mount, with the flags of the manual's page."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, data)]
    done = LIBC.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3])
    check_result(done, f"mount {source} on {target}")


def set_mount_attributes(target: str, attributes: int, *, below: bool = True) -> None:
    """Sets attributes on a mount and, if wanted, on all below it."""
    value = MountAttributes(attributes, 0, 0, 0)
    number, size = NUMBERS["mount_setattr"][MACHINE], ctypes.c_size_t(ctypes.sizeof(value))
    path, depth = os.fsencode(target), AT_RECURSIVE if below else 0
    call_system(number, f"mount_setattr {target}", ctypes.c_int(AT_FDCWD), path, depth, ctypes.byref(value), size)


def change_root(folder: str) -> None:
    """Makes a mount the root, and lets go of the old one."""
    os.chdir(folder)
    # The old root lies over the new one until it is unmounted, so that it needs no folder of its own.
    call_system(NUMBERS["pivot_root"][MACHINE], "pivot_root", b".", b".")
    check_result(LIBC.umount2(b".", MNT_DETACH), "umount2 of the old root")
    os.chdir("/")


def set_host_name(name: bytes) -> None:
    """Names the machine within this UTS namespace."""
    check_result(LIBC.sethostname(name, ctypes.c_size_t(len(name))), "sethostname")


def drop_bounding_set() -> None:
    """Makes sure that no `exec` brings a capability back, also for uid 0; who has none can't, and needn't."""
    for capability in range(64):
        LIBC.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)


def clear_capabilities() -> None:
    """Empties the effective, permitted and inheritable sets."""
    # Version 3 of the interface, whose three sets have two words each.
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    check_result(LIBC.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())), "capset")
