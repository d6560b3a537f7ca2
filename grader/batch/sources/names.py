"""Which student a file belongs to, by the way that the source names its files; names only, nothing is opened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from grader.batch.file_names import find_kind, fold_name, split_stem, strip_archive
from grader.batch.sources.namings import HOSTS, METADATA, FindOwner, Host, Owner, find_gradescope, find_plain
from grader.errors import UsageError

__all__ = ["METADATA", "NamingScheme", "Owner", "is_doubtful", "recognize_naming"]

# `gh classroom clone` and `gh teacher download` put the repositories of an assignment into such a folder.
CLONED_SUFFIX = re.compile(r"(?P<assignment>.+?)(?:-submissions|_submissions(?:_[\dT_]+)?)")
REPOSITORY_FOLDERS = (".git", ".github", ".classroom50.yaml", ".classroom50.yml")
MAX_FOLDERS = 5  # around a class's files
# What no student is called: dates, several long numbers, the words that hosts put between them.
DOUBTFUL = re.compile(
    r"(?<!\d)\d{4}([-_.])\d\d\1\d\d(?!\d)|(?<!\d)\d{4,}(?!\d).*(?<!\d)\d{4,}(?!\d)|assignsubmission|attempt_?\d|submission_\d",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamingScheme:
    """How a source names its files.

    Args:
        system: whose way it is; `plain` for one file or one folder per student.
        find_owner: from a name below `root` to its owner; None where the name isn't of this way.
        root: the folder, with `/` at its end, in which everything lies; may be empty.
    """

    system: str
    find_owner: FindOwner
    root: str = ""


def recognize_naming(
    names: Sequence[str],
    around: str,
    *,
    packed: bool,
    hidden: Sequence[str] = (),
    system: str | None = None,
    hosts: Sequence[Host] = HOSTS,
) -> NamingScheme:
    """How these files are named: the way that most of them fit, else one file or one folder per student.

    Args:
        names: relative, with `/`.
        around: what the folder, or the archive without its suffix, is called.
        packed: it is an archive, whose files may lie in one more folder.
        hidden: names that aren't looked into, of which `.git` marks a repository.
        system: only this one.
        hosts: the namings that are known.

    Raises:
        UsageError: there is no such system, or no file is named so.
    """
    known = ("plain", "github", *(host.system for host in hosts))
    if system is not None and system not in known:
        raise UsageError(f'no naming "{system}"; there are: {", ".join(sorted(known))}')
    # A host's archive may lie in further folders after unpacking and packing again.
    for root in _find_roots(names) if system != "plain" else ():
        outer = strip_archive(root.rstrip("/").rpartition("/")[2]) or around
        if naming := _recognise_below(names, root, outer, [host for host in hosts if system in (None, host.system)]):
            return naming
        if system in (None, "github") and (naming := _find_repositories(names, hidden, root, outer)):
            return naming
    if system not in (None, "plain"):
        raise UsageError(f"no file is named as {system} names files")
    return NamingScheme(system="plain", find_owner=find_plain, root=_find_wrapper(names, around) if packed else "")


def is_doubtful(student: str, taken: Sequence[str] = ()) -> bool:
    """Whether a name that stands where a student's should doesn't look like one.

    Args:
        taken: what exercises and their functions are called, which no student is.

    >>> is_doubtful("s20311"), is_doubtful("hw1_alovelace_attempt_2026-09-30"), is_doubtful("pooling", ["pooling"])
    (False, True, True)
    """
    return bool(DOUBTFUL.search(student)) or split_stem(student).text in {fold_name(name) for name in taken}


def _recognise_below(names: Sequence[str], root: str, outer: str, hosts: Sequence[Host]) -> NamingScheme | None:
    below = [name.removeprefix(root) for name in names]
    # Its own file of metadata is surer than any name.
    if METADATA in below and any(host.system == "gradescope" for host in hosts):
        return NamingScheme(system="gradescope", find_owner=find_gradescope, root=root)
    worth = _find_worth(below)
    for host in hosts:
        find_owner = host.build(below, outer)
        fitting = sum(find_owner(name) is not None for name in worth)
        # Half will do: stray files beside a host's own are usual.
        if fitting and fitting * 2 >= len(worth):
            return NamingScheme(system=host.system, find_owner=find_owner, root=root)
    return None


def _find_worth(names: Sequence[str]) -> list[str]:
    return [name for name in names if find_kind(name)] or list(names)


def _find_roots(names: Sequence[str]) -> list[str]:
    """No folder at all, the one that everything lies in, the one in that, and so on; each with `/`."""
    roots = [""]
    for _ in range(MAX_FOLDERS):
        inner = _find_only_folder([name.removeprefix(roots[-1]) for name in names])
        if not inner:
            break
        roots.append(roots[-1] + inner)
    return roots


def _find_only_folder(names: Sequence[str]) -> str:
    """The one folder that everything lies in, with `/`; empty where there is none."""
    tops = {name.partition("/")[0] + "/" for name in names}
    first = next(iter(tops), "")
    return first if len(tops) == 1 and all("/" in name for name in names) else ""


def _find_wrapper(names: Sequence[str], archive: str) -> str:
    """The folder that packing has put around the submissions; one that holds one file is a student's own."""
    root = _find_only_folder(names)
    by_name = strip_archive(root.rstrip("/")).casefold() in (archive.casefold(), "submissions", "export")
    several = len({name.removeprefix(root).partition("/")[0] for name in _find_worth(names)}) > 1
    return root if root and (by_name or several) else ""


def _find_repositories(names: Sequence[str], hidden: Sequence[str], root: str, outer: str) -> NamingScheme | None:
    """`assignment-username/` folders: of a clone's folder, or repositories.

    The assignment's name is that of the folder around, else what the folders' names begin with.
    """
    tops = sorted({name.removeprefix(root).partition("/")[0] for name in names if "/" in name.removeprefix(root)})
    cloned = CLONED_SUFFIX.fullmatch(outer)
    if tops and cloned and all(top.startswith(f"{cloned['assignment']}-") for top in tops):
        return NamingScheme(system="github", find_owner=_build_after(f"{cloned['assignment']}-"), root=root)
    parts = [name.removeprefix(root).split("/") for name in hidden]
    repositories = {part[0] for part in parts if len(part) > 1 and part[1] in REPOSITORY_FOLDERS}
    first, last = (tops[0], tops[-1]) if tops else ("", "")
    same = next(
        (index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first)
    )
    # Cut back to a hyphen: user names that begin alike would otherwise lose their first letters.
    prefix = first[: first.rfind("-", 0, same) + 1]
    # Without a `.git` in each, folders named alike are students who happen to share a prefix.
    if prefix and repositories >= set(tops):
        return NamingScheme(system="github", find_owner=_build_after(prefix), root=root)
    return None


def _build_after(prefix: str) -> FindOwner:
    def find_owner(name: str) -> Owner | None:
        top, slash, rest = name.partition("/")
        found = slash and top.startswith(prefix) and len(top) > len(prefix)
        return Owner(student=top.removeprefix(prefix), file=rest) if found else None

    return find_owner
