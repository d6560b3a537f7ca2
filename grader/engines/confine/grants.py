"""What of the machine's files a student process may read, and what must stay hidden beneath that."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import platformdirs
from msgspec import Struct

from grader.engines.surroundings import PACKAGE, installed_folders
from grader.protocol.datasets import SPLITS
from grader.stores.installed_courses import find_installed_courses

# The keys of a description that name a file, read without a YAML parser, which is no part of the machinery.
FILE_KEY = re.compile(r"""^(?:test_)?file:\s*["']?([\w.-]+)""", re.MULTILINE)
COURSE_FOLDER = PACKAGE / "course"  # the exercises and quizzes inside a wheel


class PathGrants(Struct, frozen=True, kw_only=True):
    """Absolute paths: readable ones, hidden ones below them, those whose names may be seen, as an import needs it, where
    something below is hidden, and those without which nothing runs.
    """

    read: tuple[str, ...]
    hide: tuple[str, ...]
    show: tuple[str, ...]
    need: tuple[str, ...]


def find_cache_folder() -> Path:
    """Where the decoded datasets are, by the same rule as `grader.data`."""
    if named := os.environ.get("GRADE_CACHE"):
        return Path(named).absolute()
    temporary = os.path.join(tempfile.gettempdir(), f"grade-{os.getuid()}")
    try:
        folder = platformdirs.user_cache_dir("grade", appauthor=False)
    except RuntimeError:  # no home folder
        return Path(temporary)
    return Path(folder if os.path.isdir(folder) else temporary)


def collect_grants(readable: Sequence[Path], hidden: Sequence[Path]) -> PathGrants:
    """The interpreter, the installed packages, the grader without its course, the datasets, and `readable`."""
    read = [
        sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *installed_folders(), str(PACKAGE),
        *_follow_links(sys.executable), *map(str, find_cache_folder().glob("*.u8")), *(str(path.absolute()) for path in readable),
        *filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)),
    ]  # fmt: skip
    # The keeper tries these before the start, so that a missing right is reported by its path.
    need = [sys.executable, sysconfig.get_path("stdlib") + "/os.py", str(PACKAGE / "__init__.py")]
    own = _iter_secrets(COURSE_FOLDER) if COURSE_FOLDER.is_dir() else (COURSE_FOLDER,)
    hide = [str(path.absolute()) for path in (*own, *_list_installed_secrets(), *hidden)]
    # An interpreter installed under / would otherwise show the whole machine.
    known = dict.fromkeys(path for path in read if path != "/" and os.path.exists(path))
    show = [path for path in (*installed_folders(), str(PACKAGE)) if path in known]
    return PathGrants(read=tuple(known), hide=tuple(hide), show=tuple(show), need=tuple(need))


def _list_installed_secrets() -> list[Path]:
    """All of the courses that are installed as packages but what their datasets give to students, as packages are readable.

    A script beside an archive could draw the secret split again.
    """
    return [path for folder in find_installed_courses().values() if folder.is_dir() for path in _iter_secrets(folder)]


def _iter_secrets(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name != "datasets":
            yield path
        else:
            yield from (entry for entry in sorted(path.glob("*/*")) if not (_is_archive(entry) or _is_table(entry) or _is_image_folder(entry)))


def _is_archive(path: Path) -> bool:
    return path.suffix == ".npz" and path.is_file()


def _is_image_folder(path: Path) -> bool:
    return path.name in SPLITS and path.is_dir()


def _is_table(path: Path) -> bool:
    """Whether the description beside a table names it: another one may hold the secret rows."""
    file = path.with_name("dataset.yaml")
    if path.suffix != ".csv" or not path.is_file() or not file.is_file():
        return False
    return path.name in FILE_KEY.findall(file.read_text("utf-8", "replace"))


def _follow_links(path: str) -> list[str]:
    """A program and the links that lead to it."""
    found = [path]
    while os.path.islink(found[-1]) and len(found) < 20:
        found.append(os.path.normpath(os.path.join(os.path.dirname(found[-1]), os.readlink(found[-1]))))
    return found
