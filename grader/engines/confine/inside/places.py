"""The private root: what of the machine's files student code sees, read-only, and what it may write."""

from __future__ import annotations

import os

from . import system

ETC = (
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "timezone", "nsswitch.conf", "fonts",
    "mime.types", "ssl/certs", "protocols", "services",
)  # fmt: skip
DEVICES = ("null", "zero", "full", "random", "urandom")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
CPU = "/sys/devices/system"
PROC = tuple(f"/proc/{name}" for name in ("self", "cpuinfo", "meminfo", "stat", "loadavg", "version", "filesystems"))
HOME = "/home/student"
WRITABLE = ("/home", "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - the private ones
MAX_FILES = 50_000


def list_readable(granted: list[str], hidden: list[str]) -> list[str]:
    """The paths under `granted` without those in `hidden`: folders that hold a hidden one are taken apart."""
    result = []
    for path in granted:
        if path in hidden:
            continue
        if not any(other.startswith(path.rstrip("/") + "/") for other in hidden):
            result.append(path)
        elif os.path.isdir(path):
            result += list_readable([os.path.join(path, name) for name in os.listdir(path)], hidden)
    return result


def list_common_paths(own_proc: bool) -> list[str]:
    """What every program needs to read, where the whole machine's files are there."""
    etc = [f"/etc/{name}" for name in (*ETC, "passwd", "group")]
    return [*SYSTEM, *etc, CPU, *(("/proc",) if own_proc else PROC)]


def build_root(read: list[str], hide: list[str], base: str, files: str, disk: int, owner: tuple[int, int]) -> None:
    """Makes the private root and enters it; needs a mount namespace of its own.

    Args:
        base: an existing folder over which the new root is mounted.
        files: the folder whose files are copied into the home folder.
        disk: bytes of the one temporary file system behind everything that can be written.
        owner: user and group id of the home folder.
    """
    # Read first, since the new root is mounted over this folder.
    content = _read_contents(files)
    # Otherwise these mounts could appear outside, too.
    system.mount("none", "/", None, system.MS_REC | system.MS_PRIVATE)
    system.mount("grade", base, "tmpfs", system.MS_NOSUID, "mode=0755,size=4m")
    _mount_writable(base, disk, owner)
    for path in (*SYSTEM, *(f"/etc/{name}" for name in ETC), CPU, *sorted(read, key=len)):
        _bind_path(path, base)
    for path in hide:
        _mount_over(base + path)
    _mount_devices(base)
    _mount_proc(base)
    _write_accounts(base, owner)
    system.change_root(base)
    for name, data in content.items():
        _write_file(f"{HOME}/{name}", data, owner)
    # Last, since the steps before still write to the root.
    system.set_mount_attributes("/", system.MOUNT_ATTR_RDONLY, below=False)


def _read_contents(folder: str) -> dict[str, bytes]:
    content = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            content[name] = file.read()
    return content


def _write_file(path: str, data: bytes, owner: tuple[int, int]) -> None:
    with open(path, "wb") as file:
        file.write(data)
    os.chown(path, *owner)


def _bind_path(path: str, base: str) -> None:
    """Shows a file or folder read-only at its own place; a link to another is a link there too."""
    target = base + path
    if not os.path.exists(path) or os.path.lexists(target):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path) and path in SYSTEM:
        os.symlink(os.readlink(path), target)
        return
    _make_mount_point(path, target)
    system.mount(path, target, None, system.MS_BIND | system.MS_REC)
    system.set_mount_attributes(target, system.MOUNT_ATTR_RDONLY | system.MOUNT_ATTR_NOSUID)
    # A path that leads through links is also opened by its real name.
    real = os.path.realpath(path)
    if real != path:
        _bind_path(real, base)


def _make_mount_point(path: str, target: str) -> None:
    """Something to mount on."""
    if os.path.isdir(path):
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


def _mount_over(target: str) -> None:
    """Puts an empty folder or file over what must not be seen."""
    if os.path.isdir(target):
        system.mount("grade", target, "tmpfs", system.MS_NOSUID, "mode=0755,size=4k")
        system.set_mount_attributes(target, system.MOUNT_ATTR_RDONLY, below=False)
    elif os.path.exists(target):
        system.mount("/dev/null", target, None, system.MS_BIND)


def _mount_devices(base: str) -> None:
    for name in DEVICES:
        _make_mount_point(f"/dev/{name}", f"{base}/dev/{name}")
        system.mount(f"/dev/{name}", f"{base}/dev/{name}", None, system.MS_BIND)
    for name, to in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(to, f"{base}/dev/{name}")


def _mount_writable(base: str, disk: int, owner: tuple[int, int]) -> None:
    """One sized file system behind the home folder and all temporary ones."""
    os.makedirs(f"{base}/home")
    # Both bounds are needed: empty files take memory as well.
    options = f"mode=0755,size={disk},nr_inodes={MAX_FILES}"
    system.mount("grade", f"{base}/home", "tmpfs", system.MS_NOSUID | system.MS_NODEV, options)
    os.mkdir(base + HOME, 0o700)
    os.chown(base + HOME, *owner)
    for index, target in enumerate(WRITABLE[1:]):
        folder = f"{base}/home/.{index}"
        os.mkdir(folder)
        os.chmod(folder, 0o1777)
        os.makedirs(base + target, exist_ok=True)
        system.mount(folder, base + target, None, system.MS_BIND)


def _mount_proc(base: str) -> None:
    """The processes of this namespace; in a container that hides parts of /proc, the machine's figures alone."""
    os.mkdir(f"{base}/proc")
    try:
        system.mount("proc", f"{base}/proc", "proc", system.MS_NOSUID | system.MS_NODEV | system.MS_NOEXEC)
    except OSError:
        for path in PROC[1:]:
            _bind_path(path, base)


def _write_accounts(base: str, owner: tuple[int, int]) -> None:
    """Nobody but the student in the lists of users and groups."""
    for name, line in (
        ("passwd", f"student:x:{owner[0]}:{owner[1]}::{HOME}:/bin/sh\n"),
        ("group", f"student:x:{owner[1]}:\n"),
    ):
        with open(f"{base}/etc/{name}", "w") as file:
            file.write(line)
