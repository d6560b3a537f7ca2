"""Datasets as their authors describe them, `datasets/<id>/dataset.yaml`: found, and checked against their files.

The package's own are described in the same way, beside their arrays.
"""

from __future__ import annotations

import functools
import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec import UNSET

from grader.courses.array_archives import find_archive_faults
from grader.courses.course import PACKAGE_FOLDER, Course
from grader.courses.dataset_tables import TABLE_PATTERN, check_tables
from grader.courses.image_folders import check_image_folders
from grader.courses.yaml_nodes import Problems, YamlNode
from grader.courses.yaml_tree import convert_node, format_suggestion, read_yaml
from grader.errors import CourseError
from grader.protocol.datasets import SPLITS, DatasetDescription, DatasetSource

EMBEDDED_FOLDER = PACKAGE_FOLDER / "data"
DESCRIPTION_FILE = "dataset.yaml"
HELD_OUT_FILE, HELD_OUT_TABLE = "held_out.npz", "held_out.csv"
# An id is also part of a file's name, and a name in students' code.
ID_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,39}")
FOLDER_PATTERN = re.compile(r"[\w-][\w.-]{0,99}", re.ASCII)
FOLDER_KINDS = ("folders", "train_folders", "test_folders")
SETTLED_S = 10.0
ARCHIVE_PATTERN = re.compile(r"[\w-][\w.-]{0,99}\.npz", re.ASCII)


@functools.cache
def load_embedded_descriptions() -> Mapping[str, DatasetDescription]:
    """What the package's own datasets say of themselves, by id."""
    found: dict[str, DatasetDescription] = {}
    for path in sorted(EMBEDDED_FOLDER.glob("*.yaml")):
        tree, problems = read_yaml(path)
        found[path.stem] = convert_node(tree, DatasetDescription, problems)
        problems.raise_if_any()
    return MappingProxyType(found)


def list_dataset_ids(course: Course) -> list[str]:
    """The datasets that an exercise of a course can name."""
    own = sorted(path.parent.name for path in course.root.glob(f"datasets/*/{DESCRIPTION_FILE}"))
    return list(dict.fromkeys([*load_embedded_descriptions(), *own]))


def find_own_dataset(course: Course, dataset_id: str, node: YamlNode, problems: Problems) -> DatasetSource | None:
    """The course's own dataset that an exercise names; None for an embedded one, or where it is broken.

    Args:
        node: where the exercise names it; there it is said if there is no such dataset.
    """
    if dataset_id in load_embedded_descriptions():
        return None
    if dataset_id not in (known := list_dataset_ids(course)):
        problems.add(
            node, f'no dataset "{dataset_id}" (there are: {", ".join(known)}){format_suggestion(dataset_id, known)}'
        )
        return None
    try:
        return load_own_dataset(course, dataset_id)
    except CourseError as error:
        problems.found += error.problems
        return None


def load_own_dataset(course: Course, dataset_id: str) -> DatasetSource:
    """A dataset of a course's own.

    Raises:
        CourseError: every fault of its `dataset.yaml`, with line and column; or its files aren't those that it means.
    """
    folder = course.root / "datasets" / dataset_id
    tree, problems = read_yaml(folder / DESCRIPTION_FILE, f"datasets/{dataset_id}/{DESCRIPTION_FILE}")
    about = convert_node(tree, DatasetDescription, problems)
    if about is not UNSET:
        _check_description(about, tree, dataset_id, problems)
        if about.is_folders:
            check_image_folders(about, folder, tree, problems)
        elif about.is_csv:
            check_tables(about, folder, tree, problems)
        else:
            _check_archive(about, folder, tree, problems)
    problems.raise_if_any()
    assert isinstance(about, DatasetDescription)
    held_out = course.solutions / "datasets" / dataset_id / name_held_out_file(about)
    there = held_out.is_file()
    return DatasetSource(
        about=about,
        folder=str(folder.resolve()),
        held_out=str(held_out.resolve()) if there else "",
        held_out_sha256=_hash_file(held_out) if there else "",
    )


def name_held_out_file(about: DatasetDescription) -> str:
    """The name of the secret split's file."""
    return HELD_OUT_TABLE if about.is_csv else HELD_OUT_FILE


def _check_description(about: DatasetDescription, tree: YamlNode, folder: str, problems: Problems) -> None:
    """What no type says: names that can be names."""
    if about.id != folder:
        problems.add(tree.find_nearest("id"), f'the id "{about.id}" differs from the folder\'s name "{folder}"')
    if not ID_PATTERN.fullmatch(about.id):
        problems.add(tree.find_nearest("id"), "an id has small letters, digits and _, and begins with a letter")
    for key in ("title", "licence"):
        if not getattr(about, key).strip():
            problems.add(tree.find_nearest(key), f'"{key}" is empty')
    if len(set(about.classes)) < len(about.classes):
        problems.add(tree.find_nearest("classes"), "two classes have the same name")
    for place, fault in _find_name_faults(about):
        problems.add(tree.find_nearest("names", *place), fault)


def _find_name_faults(about: DatasetDescription) -> Iterator[tuple[tuple[str, int], str]]:
    """Names under which student code couldn't ask for it, or gets an embedded dataset, each with its place."""
    embedded = load_embedded_descriptions().values()
    for kind in ("keras", "tfds", "files"):
        taken = {name for other in embedded for name in getattr(other.names, kind)}
        for index, name in enumerate(getattr(about.names, kind)):
            pattern, example = (TABLE_PATTERN, "data.csv") if about.is_csv else (ARCHIVE_PATTERN, "data.npz")
            if not (pattern.fullmatch(name) if kind == "files" else name.isidentifier() and name.isascii()):
                yield (
                    (kind, index),
                    f'"{name}" is no {f"file name such as {example}" if kind == "files" else "name in Python"}',
                )
            elif name in taken:
                yield (kind, index), f'"{name}" is the name of an embedded dataset'
    yield from _find_folder_name_faults(about)


def _find_folder_name_faults(about: DatasetDescription) -> Iterator[tuple[tuple[str, int], str]]:
    """Names of folders that can be none, or that stand for two things."""
    seen: set[str] = set()
    for kind in FOLDER_KINDS:
        for index, name in enumerate(getattr(about.names, kind)):
            if not about.is_folders:
                yield (kind, index), f'only image folders have {kind}; this dataset has the file "{about.file}"'
            elif not FOLDER_PATTERN.fullmatch(name) or name.endswith(".zip"):
                yield (kind, index), f'"{name}" is no name of a folder such as flowers (its zip, flowers.zip, is there, too)'
            elif name in seen or name in (*about.classes, *SPLITS):
                yield (kind, index), f'"{name}" is the name of another folder of this dataset'
            seen.add(name)


def _check_archive(about: DatasetDescription, folder: Path, tree: YamlNode, problems: Problems) -> None:
    """The archive is a plain file beside the description, the one that it means, and holds what it says."""
    path, node = folder / about.file, tree.find_nearest("file")
    if not ARCHIVE_PATTERN.fullmatch(about.file):
        problems.add(node, f'"{about.file}" is no name of an .npz file beside {DESCRIPTION_FILE}')
    elif path.is_symlink() or not path.is_file():
        problems.add(node, f"there is no file {about.file} beside {DESCRIPTION_FILE}")
    elif (found := _hash_file(path)) != about.sha256:
        words = f"{about.file} is another file; if it is the one that you mean, write sha256: {found}"
        problems.add(tree.find_nearest("sha256"), words)
    else:
        for fault in find_archive_faults(path, about):
            problems.add(node, f"{about.file}: {fault}")


def _hash_file(path: Path) -> str:
    """A file's digest; computed once in a process, since each exercise on a large dataset asks for it."""
    status = path.stat()
    # Two changes within a tick of the file system's clock have one time.
    if time.time() - status.st_mtime < SETTLED_S:
        return _compute_digest(path)
    return _hash_settled_file(path, (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino))


@functools.lru_cache(maxsize=256)
def _hash_settled_file(path: Path, version: tuple[int, ...]) -> str:
    del version
    return _compute_digest(path)


def _compute_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
