"""The system-call filter: what no honest submission needs is refused, and what this version doesn't know is unknown."""

from __future__ import annotations

import ctypes
import os
import struct

from . import system

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
REFUSED_CALLS: dict[str, tuple[int | None, int | None]] = {
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
MISSING_CALLS: dict[str, tuple[int | None, int | None]] = {"clone3": (435, 435)}  # its flags can't be looked at
SPECIAL_CALLS: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "socketpair": (53, 199), "clone": (56, 220), "ioctl": (16, 29), "memfd_create": (319, 279),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "fcntl": (72, 25),
}  # fmt: skip
SET_OWNER = (8, 15)  # fcntl: who gets a descriptor's signals, which may be any signal
SIGNAL_CALLS = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
# name: number on x86_64, on aarch64 (None where it doesn't exist)
Numbers = tuple[int | None, int | None]
# Limits, priorities and cores of a process, and which argument names it.
PROCESS_CALLS: dict[str, tuple[Numbers, int]] = {
    "prlimit64": ((302, 261), 0), "sched_setaffinity": ((203, 122), 0), "sched_setscheduler": ((144, 119), 0),
    "sched_setparam": ((142, 118), 0), "sched_setattr": ((314, 274), 0),
}  # fmt: skip
# The same where the first argument tells what the second one names: the value that stands for one process.
KIND_CALLS: dict[str, tuple[Numbers, int]] = {"setpriority": ((141, 140), 0), "ioprio_set": ((251, 30), 1)}
# Modes, owners, times and labels of files: they seem to work, since copying a file sets them, and change nothing.
FILE_CALLS: dict[str, Numbers] = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "setxattrat": (463, 463),
    "removexattrat": (466, 466),
}  # fmt: skip
LABEL_IOCTLS = (0x40086602, 0x401C5820)  # ioctls that set a file's attributes
PATH_CALLS: dict[str, Numbers] = {"truncate": (76, 45)}
UNSEEN_CALLS: dict[str, Numbers] = {"openat2": (437, 437)}  # its flags can't be looked at
OPENING_CALLS: dict[str, tuple[Numbers, int]] = {"open": ((2, None), 1), "openat": ((257, 56), 2)}
TRUNCATE, WRITING = 0x200, 0x3


class FilterProgram(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def encode_instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction of the filter; jumps count the instructions to pass over."""
    return struct.pack("=HBBI", code, if_true, if_false, value & 0xFFFFFFFF)


def encode_refusal(errno: int) -> bytes:
    return encode_instruction(RETURN, ERRNO | errno)


def build_filter(
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
    number = {name: pair[column] for name, pair in SPECIAL_CALLS.items()}
    code = [
        # A number means another call on another architecture, so a call of a foreign one ends the process.
        encode_instruction(LOAD, ARCHITECTURE),
        encode_instruction(JUMP_EQUAL, ARCHITECTURES[machine], 1, 0),
        encode_instruction(RETURN, KILL),
        encode_instruction(LOAD, NUMBER),
        encode_instruction(JUMP_GREATER, LAST_KNOWN, 0, 1),
        encode_refusal(ENOSYS),
    ]
    for names, errno in ((REFUSED_CALLS, EPERM), (MISSING_CALLS, ENOSYS)):
        code += _refuse_all(names, column, errno)
    code += _match_call(number["socket"], _allow_local_sockets() if sockets else [encode_refusal(EAFNOSUPPORT)])
    code += _match_call(number["socketpair"], _allow_local_sockets())
    code += _match_call(number["clone"], _refuse_namespaces())
    code += _match_call(number["ioctl"], _refuse_any_of(1, TERMINAL + OWNER + (LABEL_IOCTLS if shared_files else ())))
    code += _match_call(number["fcntl"], _refuse_any_of(1, SET_OWNER))
    if not memory_files:
        code += _match_call(number["memfd_create"], [encode_refusal(ENOSYS)])
    if own is not None:
        code += _limit_to_own(column, own)
    if shared_files:
        code += _refuse_file_changes(column)
    if alone and own is not None:
        for name in SIGNAL_CALLS:
            code += _match_call(number[name], _require_one_of(0, (own,)))
        # Their target is a thread or a descriptor, which a filter can't compare with the one process.
        for name in ("tkill", "pidfd_send_signal"):
            code += _match_call(number[name], [encode_refusal(EPERM)])
    return b"".join([*code, _encode_allow()])


def _allow_local_sockets() -> list[bytes]:
    return [
        encode_instruction(LOAD, ARGUMENTS),
        encode_instruction(JUMP_EQUAL, AF_UNIX, 1, 0),
        encode_refusal(EAFNOSUPPORT),
        _encode_allow(),
    ]


def _refuse_namespaces() -> list[bytes]:
    """Of clone(), which threads need, only the flags for namespaces."""
    return [
        encode_instruction(LOAD, ARGUMENTS),
        encode_instruction(JUMP_ANY_BIT, NAMESPACES, 0, 1),
        encode_refusal(EPERM),
        _encode_allow(),
    ]


def _refuse_all(names: dict[str, tuple[int | None, int | None]], column: int, errno: int) -> list[bytes]:
    return [part for pair in names.values() for part in _match_call(pair[column], [encode_refusal(errno)])]


def _limit_to_own(column: int, own: int) -> list[bytes]:
    """Limits, priorities and cores of this process alone."""
    code = []
    for pair, place in PROCESS_CALLS.values():
        code += _match_call(pair[column], _require_one_of(place, (0, own)))
    for pair, kind in KIND_CALLS.values():
        code += _match_call(pair[column], [*_require_one_of(0, (kind,))[:-1], *_require_one_of(1, (0, own))])
    return code


def _refuse_file_changes(column: int) -> list[bytes]:
    """What protects files of the same user where they can be named."""
    code = [
        *_refuse_all(FILE_CALLS, column, 0),
        *_refuse_all(PATH_CALLS, column, EPERM),
        *_refuse_all(UNSEEN_CALLS, column, ENOSYS),
    ]
    for pair, place in OPENING_CALLS.values():
        code += _match_call(pair[column], _refuse_emptying(place))
    return code


def _load_argument(place: int) -> bytes:
    return encode_instruction(LOAD, ARGUMENTS + 8 * place)


def _require_one_of(place: int, values: tuple[int, ...]) -> list[bytes]:
    """Allows a call if an argument is one of these; its last instruction is the one that allows."""
    tests = [encode_instruction(JUMP_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values)]
    return [_load_argument(place), *tests, encode_refusal(EPERM), _encode_allow()]


def _refuse_any_of(place: int, values: tuple[int, ...]) -> list[bytes]:
    """Allows a call unless an argument is one of these."""
    tests = [encode_instruction(JUMP_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values)]
    return [_load_argument(place), *tests, _encode_allow(), encode_refusal(EPERM)]


def _refuse_emptying(place: int) -> list[bytes]:
    """Refuses to empty a file while it is opened for reading, which early versions of Landlock let pass."""
    return [
        _load_argument(place),
        encode_instruction(JUMP_ANY_BIT, TRUNCATE, 0, 2),
        encode_instruction(JUMP_ANY_BIT, WRITING, 1, 0),
        encode_refusal(EPERM),
        _encode_allow(),
    ]


def _encode_allow() -> bytes:
    return encode_instruction(RETURN, ALLOW)


def _match_call(number: int | None, body: list[bytes]) -> list[bytes]:
    """`body`, for one system call; the number is still loaded after it where it didn't match."""
    return [] if number is None else [encode_instruction(JUMP_EQUAL, number, 0, len(body)), *body]


def install_filter(
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
    code = build_filter(
        system.MACHINE, sockets=sockets, memory_files=memory_files, own=own, alone=alone, shared_files=shared_files
    )
    value = FilterProgram(len(code) // 8, code)
    done = system.LIBC.prctl(PR_SET_SECCOMP, ctypes.c_ulong(MODE_FILTER), ctypes.byref(value), 0, 0)
    system.check_result(done, "seccomp")
