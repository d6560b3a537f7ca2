"""Walking a folder of submissions: files stay where they are, links are never followed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from grader.batch.sources_members import MAX_MEMBERS, NO_FILE, Member, Refused, checked, ignored, wanted
from grader.errors import UsageError
from grader.reports.text import line


def walked(folder: Path) -> Iterator[Member | str]:
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
            yield f"{line(below)}: can't be read: {error.strerror}"
            continue
        left -= len(entries)
        if left < 0:
            raise UsageError(f"{folder}: holds more than {MAX_MEMBERS:,} files; hand over a part at a time")
        for entry in entries:
            name = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                # Of a hidden folder only its name is of use: `.git` tells a repository.
                if ignored(name):
                    yield Member(name=f"{name}/…")
                else:
                    todo.append(name)
            else:
                yield _member(folder, name, entry)


def _member(folder: Path, name: str, entry: os.DirEntry[str]) -> Member | str:
    if ignored(name):
        return Member(name=name)
    if not entry.is_file(follow_symlinks=False):
        return f"{line(name)}: {NO_FILE}"
    try:
        checked(name)
    except Refused as refusal:
        return f"{line(name)}: {refusal}"
    return Member(name=name, path=folder / name if wanted(name) else None)
