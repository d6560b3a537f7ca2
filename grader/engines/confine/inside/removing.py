"""The removal of the folder in which a submission's files are laid down, whatever was made of it."""

from __future__ import annotations

import contextlib
import os
import stat

MAX_ROUNDS = 1_000_000


def remove(folder: str) -> None:
    """Removes a folder with unreadable, endlessly deep or oddly named things in it; follows no link.

    What lies in a subfolder is moved up before the subfolder is removed, so depth doesn't matter.
    """
    with contextlib.suppress(FileNotFoundError):
        os.chmod(folder, stat.S_IRWXU)
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | getattr(os, "O_NOFOLLOW", 0))
        try:
            _empty(top)
        finally:
            os.close(top)
        os.rmdir(folder)


def _empty(top: int) -> None:
    # Random, so that no name in a submission collides with one of these.
    prefix, number = os.urandom(8).hex(), 0
    for _ in range(MAX_ROUNDS):
        names = os.listdir(top)
        if not names:
            return
        for name in names:
            if _unlink(name, top):
                continue
            inner = _open(name, top)
            try:
                for child in os.listdir(inner):
                    if not _unlink(child, inner):
                        number += 1
                        os.chmod(child, stat.S_IRWXU, dir_fd=inner)
                        os.rename(child, f"{prefix}{number}", src_dir_fd=inner, dst_dir_fd=top)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)


def _unlink(name: str, folder: int) -> bool:
    """Removes anything but a folder; False for a folder."""
    try:
        os.unlink(name, dir_fd=folder)
    # Some systems refuse to unlink a folder as a lack of permission.
    except (IsADirectoryError, PermissionError):
        return False
    return True


def _open(name: str, folder: int) -> int:
    os.chmod(name, stat.S_IRWXU, dir_fd=folder)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | getattr(os, "O_NOFOLLOW", 0), dir_fd=folder)
