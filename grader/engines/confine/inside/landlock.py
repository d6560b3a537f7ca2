"""Landlock: which files the process and all its children may open, whatever user they are."""

from __future__ import annotations

import ctypes
import os
import stat

from . import system

CREATE, ADD_RULE, RESTRICT = 444, 445, 446
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
READ_ACCESS = EXECUTE | READ_FILE | READ_DIR
FILE_ACCESS = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15  # and truncate, ioctl on devices
RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15}  # later ones: 16
TCP = 3  # bind and connect, from ABI 4
SCOPES = 3  # abstract sockets and signals to the outside, from ABI 6


class Ruleset(ctypes.Structure):
    """The kernel's `struct landlock_ruleset_attr`."""

    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class Beneath(ctypes.Structure):
    """The kernel's `struct landlock_path_beneath_attr`."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("access", ctypes.c_uint64), ("folder", ctypes.c_int32))


def read_abi() -> int:
    """The kernel's Landlock version. Raises: OSError: it has none."""
    return system.call_system(CREATE, "Landlock", None, ctypes.c_size_t(0), ctypes.c_uint32(1))


def limit_file_access(show: list[str], read: list[str], write: list[str]) -> int:
    """Allows listing below `show`, reading and executing below `read`, all below `write`; returns the ABI.

    Paths that don't exist are passed over. Needs no_new_privs.
    """
    version = read_abi()
    handled = (1 << RIGHTS_BY_ABI.get(version, 16)) - 1
    rules = Ruleset(handled, TCP if version >= 4 else 0, SCOPES if version >= 6 else 0)
    # Each version gets the structure that it knows.
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = system.call_system(CREATE, "Landlock", ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    for paths, access in ((show, READ_DIR), (read, READ_ACCESS), (write, handled)):
        for path in paths:
            _add_rule(ruleset, path, access & handled)
    system.call_system(RESTRICT, "Landlock", ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)
    return version


def _add_rule(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        # The kernel refuses a rule that gives rights of folders on a file.
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            access &= FILE_ACCESS
        rule = Beneath(access, descriptor)
        system.call_system(
            ADD_RULE, f"Landlock for {path}", ctypes.c_int(ruleset), 1, ctypes.byref(rule), ctypes.c_uint32(0)
        )
    finally:
        os.close(descriptor)
