"""System calls that reach other processes and files of the same user, past the checks on opening a file."""

from __future__ import annotations

# name: number on x86_64, on aarch64 (None where it doesn't exist)
Numbers = tuple[int | None, int | None]

# Limits, priorities and cores of a process, and which argument names it.
PROCESSES: dict[str, tuple[Numbers, int]] = {
    "prlimit64": ((302, 261), 0), "sched_setaffinity": ((203, 122), 0), "sched_setscheduler": ((144, 119), 0),
    "sched_setparam": ((142, 118), 0), "sched_setattr": ((314, 274), 0),
}  # fmt: skip
# The same where the first argument tells what the second one names: the value that stands for one process.
KINDS: dict[str, tuple[Numbers, int]] = {"setpriority": ((141, 140), 0), "ioprio_set": ((251, 30), 1)}

# Modes, owners, times and labels of files: they seem to work, since copying a file sets them, and change nothing.
FILES: dict[str, Numbers] = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "setxattrat": (463, 463),
    "removexattrat": (466, 466),
}  # fmt: skip
LABELS = (0x40086602, 0x401C5820)  # ioctls that set a file's attributes
BY_PATH: dict[str, Numbers] = {"truncate": (76, 45)}
UNSEEN: dict[str, Numbers] = {"openat2": (437, 437)}  # its flags can't be looked at
OPENING: dict[str, tuple[Numbers, int]] = {"open": ((2, None), 1), "openat": ((257, 56), 2)}
TRUNCATE, WRITING = 0x200, 0x3
