"""Which student a file belongs to, told by the way its system names files; names only, nothing is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

System = Literal["canvas", "moodle", "gradescope", "classroom", "plain"]

# lastfirst_LATE_12345_67890_file.py: Canvas's user and submission; the name has no underscore there.
CANVAS = re.compile(r"(?P<name>[^_/]+)_(?:(?P<late>LATE)_)?(?P<student>\d{1,20})_\d{1,20}_(?P<file>[^/]+)")
# Ada Lovelace_12345_assignsubmission_file_/x.py, or without the folder; 12345 is the worksheet's "Participant 12345".
MOODLE = re.compile(r"(?P<name>[^/]+)_(?P<student>\d{1,20})_assignsubmission_[a-z]+_(?:/(?P<path>.+)|(?P<file>[^/]+))")
# submission_123/x.py
GRADESCOPE = re.compile(r"(?P<student>submission_\d{1,20})/(?P<file>.+)")
METADATA = "submission_metadata.yml"
CLONED = "-submissions"
REPOSITORY = (".git", ".github")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose file it is; `late` only where the system says it."""

    student: str
    name: str = ""
    late: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How a source names its files.

    Args:
        system: whose way it is.
        owner: from a name below `root` to its owner; None where the name isn't of this way.
        root: the folder, with `/` at its end, in which everything lies; may be empty.
    """

    system: System
    owner: Callable[[str], Owner | None]
    root: str = ""


def recognise(names: Sequence[str], around: str, *, packed: bool, hidden: Sequence[str] = ()) -> Naming:
    """How these files are named: the way that most of them fit, else one file or one folder per student.

    Args:
        names: relative, with `/`.
        around: what the folder, or the archive without its suffix, is called.
        packed: it is an archive, whose files may lie in one more folder.
        hidden: names that aren't looked into, of which a `.git` tells a repository.
    """
    for root in dict.fromkeys(("", _only_folder(names))):
        below = [name.removeprefix(root) for name in names]
        if METADATA in below:
            return Naming(system="gradescope", owner=_gradescope, root=root)
        for system, owner in WAYS:
            fitting = sum(owner(name) is not None for name in below)
            if fitting and fitting * 2 >= len(_worth(below)):
                return Naming(system=system, owner=owner, root=root)
        if naming := _classroom(below, hidden, root, around):
            return naming
    return Naming(system="plain", owner=plain, root=_wrapper(names, around) if packed else "")


def plain(name: str) -> Owner | None:
    """`ada.py` or `ada/…`.

    >>> plain("ada/work/solution.py").student
    'ada'
    """
    first, slash, _ = name.partition("/")
    return Owner(student=first if slash else os.path.splitext(first)[0])  # noqa: PTH122 - only a name


def _canvas(name: str) -> Owner | None:
    found = CANVAS.fullmatch(name)
    return found and Owner(student=found["student"], name=found["name"], late=bool(found["late"]))


def _moodle(name: str) -> Owner | None:
    found = MOODLE.fullmatch(name)
    return found and Owner(student=found["student"], name=found["name"])


def _gradescope(name: str) -> Owner | None:
    found = GRADESCOPE.fullmatch(name)
    return found and Owner(student=found["student"])


WAYS: tuple[tuple[System, Callable[[str], Owner | None]], ...] = (
    ("moodle", _moodle),
    ("gradescope", _gradescope),
    ("canvas", _canvas),
)


def _worth(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.endswith((".py", ".ipynb"))] or list(names)


def _only_folder(names: Sequence[str]) -> str:
    """The one folder that everything lies in, with `/`; empty where there is none."""
    tops = {name.partition("/")[0] + "/" for name in names}
    first = next(iter(tops), "")
    return first if len(tops) == 1 and all("/" in name for name in names) else ""


def _wrapper(names: Sequence[str], archive: str) -> str:
    """The folder that packing has put around the submissions; one that holds one file is a student's own."""
    root = _only_folder(names)
    by_name = root.rstrip("/").casefold() in (archive.casefold(), "submissions", "export")
    several = len({name.removeprefix(root).partition("/")[0] for name in _worth(names)}) > 1
    return root if root and (by_name or several) else ""


def _classroom(names: Sequence[str], hidden: Sequence[str], root: str, around: str) -> Naming | None:
    """GitHub Classroom's `exercise-username/` folders: as `gh classroom clone` puts them, or repositories.

    The exercise's name is that of the folder around (`exercise-submissions`), else what the folders' names begin with.
    """
    tops = sorted({name.partition("/")[0] for name in names if "/" in name})
    outer = root.rstrip("/") or around
    prefix = outer.removesuffix(CLONED) + "-"
    if tops and outer.endswith(CLONED) and all(top.startswith(prefix) for top in tops):
        return Naming(system="classroom", owner=_after(prefix), root=root)
    parts = [name.removeprefix(root).split("/") for name in hidden]
    repositories = {part[0] for part in parts if len(part) > 2 and part[1] in REPOSITORY}
    first, last = (tops[0], tops[-1]) if tops else ("", "")
    same = next((index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    prefix = first[: first.rfind("-", 0, same) + 1]
    if prefix and repositories >= set(tops):
        return Naming(system="classroom", owner=_after(prefix), root=root)
    return None


def _after(prefix: str) -> Callable[[str], Owner | None]:
    def owner(name: str) -> Owner | None:
        top, slash, _ = name.partition("/")
        found = slash and top.startswith(prefix) and len(top) > len(prefix)
        return Owner(student=top.removeprefix(prefix)) if found else None

    return owner
