"""The files of a source, a folder or an archive, each under a name that has been proved harmless, and what was refused, by name.

Nothing is written to the disk under a name that came from outside.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.batch.file_names import find_kind, fold_name, is_archive_name
from grader.batch.sources.namings import METADATA
from grader.errors import UsageError
from grader.messages.text import escape_line
from grader.submission.record import MAX_NOTEBOOK_BYTES

IGNORED_NAMES = {"__MACOSX", "__pycache__", ".ipynb_checkpoints", "node_modules", "venv", ".venv", "site-packages"}
MAX_MEMBERS = 500_000
MAX_PATH_LENGTH = 1000
MAX_PART_LENGTH = 200
MAX_FOLDER_DEPTH = 20
MAX_MEMBER_BYTES = MAX_NOTEBOOK_BYTES
NOT_A_FILE = "it is a link or a device, not a file"
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file: its name in the source, with `/`; and where it can be read, None for one that isn't graded."""

    name: str
    path: Path | None = None


class FileRefused(Exception):
    """A file that isn't taken; says why. The others go on."""


def check_name(name: str) -> str:
    r"""The name in its composed form, where it can only mean a place below the source.

    Raises:
        FileRefused: absolute, with `..`, too long, or with characters that no honest name has.

    >>> check_name("./ada/solution.py")
    'ada/solution.py'
    """
    if name.endswith("Icon\r"):  # macOS's picture of a folder
        name = name[:-1]
    if len(name) > MAX_PATH_LENGTH or any(
        len(part.encode("utf-8", "replace")) > MAX_PART_LENGTH for part in re.split(r"[/\\]", name)
    ):
        raise FileRefused(
            f"its name is too long (more than {MAX_PART_LENGTH} bytes in a part, or {MAX_PATH_LENGTH} in all)"
        )
    # Python shows undecodable bytes of a name as surrogates.
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        raise FileRefused("its name is not UTF-8; rename it")
    if CONTROL_CHARACTERS.search(name):
        raise FileRefused("its name has control characters")
    # Windows programs separate folders by backslashes, also in archives that forbid it.
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or ".." in parts:
        raise FileRefused("its name leads out of the archive")
    kept = [part for part in parts if part not in ("", ".")]
    if not kept or len(kept) > MAX_FOLDER_DEPTH:
        raise FileRefused(f"it has no name, or lies more than {MAX_FOLDER_DEPTH} folders deep")
    return unicodedata.normalize("NFC", "/".join(kept))


def is_ignored(name: str) -> bool:
    """What no student means to hand in: caches, environments, hidden files and folders."""
    return any(part in IGNORED_NAMES or part.startswith(".") for part in name.split("/"))


def is_wanted(name: str) -> bool:
    """Whether a file is worth unpacking."""
    kept = find_kind(name) or is_archive_name(name) or name.rpartition("/")[2] == METADATA
    return bool(kept) and not is_ignored(name)


def make_place(folder: Path, index: int, name: str) -> Path:
    """Where a file of an archive goes; its folder is made."""
    # A numbered folder each, so that equal or odd names in an archive can't meet on the disk.
    where = folder / f"{index:06}"
    where.mkdir()
    return where / PurePosixPath(name).name


def refuse_collisions(members: Iterable[SourceFile]) -> Iterator[SourceFile | str]:
    """The members; those whose names differ in nothing, or in letter case only, are refused by name, all of them."""
    found = list(members)
    counts = Counter(fold_name(member.name) for member in found if member.path)
    for member in found:
        if member.path is None or counts[fold_name(member.name)] == 1:
            yield member
        else:
            # All of them: nobody but the student knows which one counts.
            yield f"{escape_line(member.name)}: another file has the same name, or one that differs in letter case or in how accents are written"


def walk_folder(folder: Path) -> Iterator[SourceFile | str]:
    """Each file below a folder; what was refused comes as a sentence with its name.

    Raises:
        UsageError: the folder can't be read, or holds more than any class hands in.
    """
    left = MAX_MEMBERS
    todo = [""]
    while todo:
        below = todo.pop()
        try:
            entries = sorted(os.scandir(folder / below), key=lambda entry: entry.name)
        except OSError as error:
            if not below:
                raise UsageError(f"{folder}: can't be read: {error.strerror}") from error
            yield f"{escape_line(below)}: can't be read: {error.strerror}"
            continue
        left -= len(entries)
        if left < 0:
            raise UsageError(f"{folder}: holds more than {MAX_MEMBERS:,} files; hand over a part at a time")
        for entry in entries:
            name = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                # Of a hidden folder only its name is of use: `.git` tells a repository.
                if is_ignored(name):
                    yield SourceFile(name=f"{name}/…")
                else:
                    todo.append(name)
            else:
                yield _check_entry(folder, name, entry)


def _check_entry(folder: Path, name: str, entry: os.DirEntry[str]) -> SourceFile | str:
    if is_ignored(name):
        return SourceFile(name=name)
    if not entry.is_file(follow_symlinks=False):
        return f"{escape_line(name)}: {NOT_A_FILE}"
    try:
        check_name(name)
    except FileRefused as refusal:
        return f"{escape_line(name)}: {refusal}"
    return SourceFile(name=name, path=folder / name if is_wanted(name) else None)
