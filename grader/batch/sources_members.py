"""The files of a source, each under a name that has been proved harmless, and what was refused, by name.

A file of an archive lands in a folder of its own below a temporary one, so that no name of theirs is ever a path of ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.batch.file_names import find_kind, fold_name, is_archive_name
from grader.batch.namings import METADATA
from grader.reports.text import line
from grader.submission.bounds import MAX_NOTEBOOK_BYTES

IGNORED = {"__MACOSX", "__pycache__", ".ipynb_checkpoints", "node_modules", "venv", ".venv", "site-packages"}
MAX_MEMBERS = 500_000
MOST_LENGTH = 1000
MOST_PART = 200
MOST_DEPTH = 20
MOST_BYTES = MAX_NOTEBOOK_BYTES
NO_FILE = "it is a link or a device, not a file"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file: its name in the source, with `/`; and where it can be read, None for one that isn't graded."""

    name: str
    path: Path | None = None


class Refused(Exception):
    """A file that isn't taken; says why. The others go on."""


def checked(name: str) -> str:
    r"""The name in its composed form, where it can only mean a place below the source.

    Raises:
        Refused: absolute, with `..`, too long, or with characters that no honest name has.

    >>> checked("./ada/solution.py")
    'ada/solution.py'
    """
    if name.endswith("Icon\r"):  # macOS's picture of a folder
        name = name[:-1]
    if len(name) > MOST_LENGTH or any(
        len(part.encode("utf-8", "replace")) > MOST_PART for part in re.split(r"[/\\]", name)
    ):
        raise Refused(f"its name is too long (more than {MOST_PART} bytes in a part, or {MOST_LENGTH} in all)")
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        raise Refused("its name is not UTF-8; rename it")
    if CONTROL.search(name):
        raise Refused("its name has control characters")
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or ".." in parts:
        raise Refused("its name leads out of the archive")
    kept = [part for part in parts if part not in ("", ".")]
    if not kept or len(kept) > MOST_DEPTH:
        raise Refused(f"it has no name, or lies more than {MOST_DEPTH} folders deep")
    return unicodedata.normalize("NFC", "/".join(kept))


def ignored(name: str) -> bool:
    """What no student means to hand in: caches, environments, hidden files and folders."""
    return any(part in IGNORED or part.startswith(".") for part in name.split("/"))


def wanted(name: str) -> bool:
    """Whether a file is worth unpacking."""
    kept = find_kind(name) or is_archive_name(name) or name.rpartition("/")[2] == METADATA
    return bool(kept) and not ignored(name)


def place(folder: Path, index: int, name: str) -> Path:
    """Where a file of an archive goes; its folder is made."""
    where = folder / f"{index:06}"
    where.mkdir()
    return where / PurePosixPath(name).name


def without_collisions(members: Iterable[Member]) -> Iterator[Member | str]:
    """The members; those whose names differ in nothing, or in letter case only, are refused by name, all of them."""
    found = list(members)
    counts = Counter(fold_name(member.name) for member in found if member.path)
    for member in found:
        if member.path is None or counts[fold_name(member.name)] == 1:
            yield member
        else:
            yield f"{line(member.name)}: another file has the same name, or one that differs in letter case or in how accents are written"
