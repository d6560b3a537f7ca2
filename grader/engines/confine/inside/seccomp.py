"""The system-call filter: what no honest submission needs is refused, and what this version doesn't know is unknown."""

from __future__ import annotations

import ctypes
import os
import struct

from . import others, system

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LAST_KNOWN = 466  # of Linux 6.15; later calls, and the x32 ones, are as if the kernel didn't have them
PR_SET_SECCOMP, MODE_FILTER = 22, 2
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
AF_UNIX = 1
TERMINAL, OWNER = (0x5412, 0x541C), (0x8901, 0x8902)  # ioctls: input for a terminal; who gets a descriptor's signals
NAMESPACES = 0x7E020000  # every CLONE_NEW… that clone() takes

LOAD, JUMP_EQUAL, JUMP_GREATER, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16

# name: number on x86_64, on aarch64 (None where it doesn't exist)
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # other processes, and the kernel's own debugging
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "perf_event_open": (298, 241), "bpf": (321, 280),
    "userfaultfd": (323, 282), "lookup_dcookie": (212, 18),
    # namespaces and mounts
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    # files past the path checks
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262),
    "quotactl": (179, 60), "quotactl_fd": (443, 443),
    # asynchronous calls that a filter doesn't see
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "io_setup": (206, 0), "io_submit": (209, 2),
    # memory that outlives its owner and is counted by nobody
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "memfd_secret": (447, 447),
    # keys, the clock, and the machine
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171), "acct": (163, 89),
    "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "syslog": (103, 116),
    "sethostname": (170, 161), "setdomainname": (171, 162), "vhangup": (153, 58), "personality": (135, 92),
    "nfsservctl": (180, 42), "vmsplice": (278, 75),
}  # fmt: skip
NOT_THERE: dict[str, tuple[int | None, int | None]] = {"clone3": (435, 435)}  # its flags can't be looked at
SPECIAL: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "socketpair": (53, 199), "clone": (56, 220), "ioctl": (16, 29), "memfd_create": (319, 279),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "fcntl": (72, 25),
}  # fmt: skip
SET_OWNER = (8, 15)  # fcntl: who gets a descriptor's signals, which may be any signal
SIGNALS = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")


class Program(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction of the filter; jumps count the instructions to pass over."""
    return struct.pack("=HBBI", code, if_true, if_false, value & 0xFFFFFFFF)


def verdict(errno: int) -> bytes:
    return instruction(RETURN, ERRNO | errno)


def program(
    machine: str, *, sockets: bool, memory_files: bool, own: int | None, alone: bool = False, shared_files: bool = False
) -> bytes:
    """The filter.

    Args:
        machine: `x86_64` or `aarch64`.
        sockets: whether `socket` may make AF_UNIX ones; pairs of them are always allowed.
        memory_files: whether `memfd_create` is allowed (not where nothing counts such memory).
        own: the process, which alone may be given other limits and priorities; None: all may.
        alone: whether it alone may be signalled, too.
        shared_files: whether files outside belong to the same user, so that their modes and times need protection.
    """
    column = list(ARCHITECTURES).index(machine)
    number = {name: pair[column] for name, pair in SPECIAL.items()}
    code = [
        instruction(LOAD, ARCHITECTURE),
        instruction(JUMP_EQUAL, ARCHITECTURES[machine], 1, 0),
        instruction(RETURN, KILL),
        instruction(LOAD, NUMBER),
        instruction(JUMP_GREATER, LAST_KNOWN, 0, 1),
        verdict(ENOSYS),
    ]
    for names, errno in ((REFUSED, EPERM), (NOT_THERE, ENOSYS)):
        code += _all(names, column, errno)
    foreign = [instruction(LOAD, ARGUMENTS), instruction(JUMP_EQUAL, AF_UNIX, 1, 0), verdict(EAFNOSUPPORT), _allow()]
    code += _when(number["socket"], foreign if sockets else [verdict(EAFNOSUPPORT)])
    code += _when(number["socketpair"], foreign)
    flags = [instruction(LOAD, ARGUMENTS), instruction(JUMP_ANY_BIT, NAMESPACES, 0, 1), verdict(EPERM), _allow()]
    code += _when(number["clone"], flags)
    code += _when(number["ioctl"], _none_of(1, TERMINAL + OWNER + (others.LABELS if shared_files else ())))
    code += _when(number["fcntl"], _none_of(1, SET_OWNER))
    if not memory_files:
        code += _when(number["memfd_create"], [verdict(ENOSYS)])
    if own is not None:
        code += _own_only(column, own)
    if shared_files:
        code += _files(column)
    if alone and own is not None:
        for name in SIGNALS:
            code += _when(number[name], _one_of(0, (own,)))
        for name in ("tkill", "pidfd_send_signal"):
            code += _when(number[name], [verdict(EPERM)])
    return b"".join([*code, _allow()])


def _all(names: dict[str, tuple[int | None, int | None]], column: int, errno: int) -> list[bytes]:
    return [part for pair in names.values() for part in _when(pair[column], [verdict(errno)])]


def _own_only(column: int, own: int) -> list[bytes]:
    """Limits, priorities and cores of this process alone."""
    code = []
    for pair, place in others.PROCESSES.values():
        code += _when(pair[column], _one_of(place, (0, own)))
    for pair, kind in others.KINDS.values():
        code += _when(pair[column], [*_one_of(0, (kind,))[:-1], *_one_of(1, (0, own))])
    return code


def _files(column: int) -> list[bytes]:
    """What protects files of the same user where they can be named."""
    code = [*_all(others.FILES, column, 0), *_all(others.BY_PATH, column, EPERM), *_all(others.UNSEEN, column, ENOSYS)]
    for pair, place in others.OPENING.values():
        code += _when(pair[column], _no_emptying(place))
    return code


def _argument(place: int) -> bytes:
    return instruction(LOAD, ARGUMENTS + 8 * place)


def _one_of(place: int, values: tuple[int, ...]) -> list[bytes]:
    """Allows a call if an argument is one of these; its last instruction is the one that allows."""
    tests = [instruction(JUMP_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values)]
    return [_argument(place), *tests, verdict(EPERM), _allow()]


def _none_of(place: int, values: tuple[int, ...]) -> list[bytes]:
    """Allows a call unless an argument is one of these."""
    tests = [instruction(JUMP_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values)]
    return [_argument(place), *tests, _allow(), verdict(EPERM)]


def _no_emptying(place: int) -> list[bytes]:
    """Refuses to empty a file while it is opened for reading, which early versions of Landlock let pass."""
    return [
        _argument(place),
        instruction(JUMP_ANY_BIT, others.TRUNCATE, 0, 2),
        instruction(JUMP_ANY_BIT, others.WRITING, 1, 0),
        verdict(EPERM),
        _allow(),
    ]


def _allow() -> bytes:
    return instruction(RETURN, ALLOW)


def _when(number: int | None, body: list[bytes]) -> list[bytes]:
    """`body`, for one system call; the number is still loaded after it where it didn't match."""
    return [] if number is None else [instruction(JUMP_EQUAL, number, 0, len(body)), *body]


def restrict(
    *, sockets: bool, memory_files: bool, alone: bool, shared_files: bool = False, own_only: bool = True
) -> None:
    """Puts the filter on this process and all that it will start. Needs no_new_privs.

    Args:
        alone: whether nothing else keeps it from signalling foreign processes, and
        shared_files: from touching the files of the user who grades.
        own_only: whether other processes' limits and priorities are out of reach.
    """
    if system.MACHINE not in ARCHITECTURES:
        raise OSError(ENOSYS, f"no system-call filter for {system.MACHINE}")
    own = os.getpid() if own_only else None
    code = program(
        system.MACHINE, sockets=sockets, memory_files=memory_files, own=own, alone=alone, shared_files=shared_files
    )
    value = Program(len(code) // 8, code)
    done = system.LIBC.prctl(PR_SET_SECCOMP, ctypes.c_ulong(MODE_FILTER), ctypes.byref(value), 0, 0)
    system.checked(done, "seccomp")
