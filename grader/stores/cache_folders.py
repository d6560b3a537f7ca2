"""Where grade keeps what can be made again: decoded datasets, trainings, verdicts; a folder per kind."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

import platformdirs


def list_cache_folders() -> list[Path]:
    """Where to look and write, best first: `GRADE_CACHE`, or the user's cache folder, then one in the temp folder."""
    if named := os.environ.get("GRADE_CACHE"):
        return [Path(named).absolute()]
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    found = [Path(tempfile.gettempdir()) / f"grade-{user}"]
    with contextlib.suppress(RuntimeError, OSError):  # no home folder
        found.insert(0, Path(platformdirs.user_cache_dir("grade", appauthor=False)))
    return found


def is_own_folder(folder: Path) -> bool:
    """False for a folder that another user has laid into the shared temp folder under our name.

    Raises:
        OSError: there is no such folder.
    """
    if os.environ.get("GRADE_CACHE") or not hasattr(os, "getuid"):
        return True
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022
