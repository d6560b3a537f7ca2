"""Maps Colab's and Kaggle's folders into the student's scratch folder, so that a file finds what it wrote there."""

from __future__ import annotations

import builtins
import functools
import io
import os
import re
from collections.abc import Callable
from typing import Any

# The folder in which a notebook runs there, and the others, which keep their names.
HOSTS = re.compile(r"(?:/content|/kaggle/working)(?=/|$)|/(?=(?:kaggle|gdrive)(?:/|$))")
MOUNTED = re.compile(r"(?:drive|gdrive)/(?:My ?Drive|Shared ?drives)(?=/|$)|(?:drive|gdrive|kaggle)(?=/|$)")
ONE_PATH = (
    "mkdir",
    "makedirs",
    "chdir",
    "listdir",
    "scandir",
    "stat",
    "lstat",
    "access",
    "chmod",
    "utime",
    "remove",
    "unlink",
    "rmdir",
)
TWO_PATHS = ("rename", "replace")
NOTE = "paths below `/content` and `/kaggle` lead to the folder in which the file is graded"


def map_path(path: Any) -> Any:
    """Where a path of Colab's or Kaggle's leads here, with the folders above it; any other path as it is."""
    text = os.fspath(path) if isinstance(path, os.PathLike) else path
    host = HOSTS.match(text) if isinstance(text, str) else None
    if host is None:
        return path
    home, below = os.environ.get("HOME", "."), os.path.normpath(text[host.end() :].lstrip("/") or ".")
    # A path that climbs out of the drive is none of the drive's.
    if below.startswith(".."):
        return path
    mounted = MOUNTED.match(below)
    os.makedirs(os.path.join(home, mounted.group() if mounted else "", ""), exist_ok=True)  # noqa: PTH103, PTH118 - a drive that is there
    return os.path.join(home, below)  # noqa: PTH118 - as students' files write it


def install(remark: Callable[[str], None]) -> None:
    """Lets `open` and the functions of `os`, and with them `pathlib`, follow such paths; wherever they lead is noted once.

    Args:
        remark: takes the note.
    """
    notice = functools.cache(lambda: remark(NOTE))
    for name in ONE_PATH:
        replace_function(name, _mapped(getattr(os, name), 1, notice))
    for name in TWO_PATHS:
        replace_function(name, _mapped(getattr(os, name), 2, notice))
    builtins.open = io.open = _opening(builtins.open, notice)


def replace_function(name: str, new: Any) -> None:
    """Puts a function in its place in `os`, and in the sets in which `shutil` looks for what the system can do."""
    plain = getattr(os, name)
    # Without this `shutil.rmtree` would take the system for one that lacks these functions, and choose a weaker way.
    for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
        if plain in able:
            able.add(new)
    setattr(os, name, new)


def _mapped(plain: Callable[..., Any], count: int, notice: Callable[[], None]) -> Callable[..., Any]:
    """A function whose first arguments are paths."""

    @functools.wraps(plain)
    def function(*paths: Any, **kwargs: Any) -> Any:
        mapped = tuple(map_path(path) for path in paths[:count])
        if mapped == paths[:count]:
            return plain(*paths, **kwargs)
        notice()
        return _with_its_own_name(paths[0], lambda: plain(*mapped, *paths[count:], **kwargs))

    return function


def _opening(plain: Callable[..., Any], notice: Callable[[], None]) -> Callable[..., Any]:
    """`open`; to write a file makes the folders above it, as a drive that is used for long has them."""

    @functools.wraps(plain)
    def opened(file: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> Any:
        mapped = map_path(file)
        if mapped is file or mapped == file:
            return plain(file, mode, *args, **kwargs)
        notice()
        if set(str(mode)) & set("wax"):
            os.makedirs(os.path.dirname(mapped), exist_ok=True)  # noqa: PTH103, PTH120 - as students' files write it
        return _with_its_own_name(file, lambda: plain(mapped, mode, *args, **kwargs))

    return opened


def _with_its_own_name(path: Any, act: Callable[[], Any]) -> Any:
    """What `act` gives; an error names the path as the student wrote it."""
    try:
        return act()
    except OSError as error:
        error.filename = os.fspath(path)
        raise
