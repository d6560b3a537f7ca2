"""Checks image folders against their description, from the first bytes of each file; no image is decoded here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.courses.yaml_nodes import Problems, YamlNode
from grader.protocol.datasets import SPLITS, DatasetDescription
from grader.protocol.image_trees import (
    compute_tree_digest,
    iter_image_files,
    list_plain_files,
    read_image_header,
)

# They are written into the folder of each student process, which holds 50,000 files.
MAX_IMAGES = 20_000


def check_image_folders(about: DatasetDescription, folder: Path, tree: YamlNode, problems: Problems) -> None:
    """The folders hold the classes, numbers and sizes that the description says, and the images that it means."""
    if list(about.classes) != sorted(about.classes):
        words = (
            f"of image folders the classes stand in alphabetical order, as Keras reads them: {sorted(about.classes)}"
        )
        problems.add(tree.find_nearest("classes"), words)
    for place, fault in _find_folder_faults(about, folder):
        problems.add(tree.find_nearest(*place), fault)
    if problems.found:
        return
    contents: list[tuple[str, bytes]] = []
    for file in iter_image_files(about, folder):
        contents.append((file.name, (folder / file.name).read_bytes()))
        if (fault_of_image := _find_image_fault(about, *contents[-1])) is not None:
            problems.add(tree.find_nearest("shape"), fault_of_image)
            return
    if (found := compute_tree_digest(contents)) != about.sha256:
        words = f"the images are others; if they are the ones that you mean, write sha256: {found}"
        problems.add(tree.find_nearest("sha256"), words)


def _find_folder_faults(about: DatasetDescription, folder: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with the folders and the numbers of files, each with its place in the description."""
    files = list(iter_image_files(about, folder))
    for split in SPLITS:
        wanted: int = getattr(about.splits, split)
        yield from ((("classes",), words) for words in _find_class_faults(about, folder, split))
        if (found := sum(file.split == split for file in files)) != wanted:
            yield ("splits", split), f"there are {found:,} images in the folders of {split}/, not {wanted:,}"
    if len(files) > MAX_IMAGES:
        yield (
            ("splits",),
            f"there are more than {MAX_IMAGES:,} images; pack them as an .npz file, and write its name as file",
        )


def _find_class_faults(about: DatasetDescription, folder: Path, split: str) -> Iterator[str]:
    if not (folder / split).is_dir():
        yield f"there is no folder {split}/ beside the description; of an .npz file, write its name as file"
        return
    for name in about.classes:
        if not list_plain_files(folder, f"{split}/{name}"):
            yield f"the folder {split}/{name}/ has no images in PNG or JPEG, or is a link"
    for path in sorted((folder / split).iterdir()):
        if path.is_dir() and not path.name.startswith(".") and path.name not in about.classes:
            yield f"the folder {split}/{path.name}/ is none of the classes"


def _find_image_fault(about: DatasetDescription, name: str, data: bytes) -> str | None:
    header, (height, width) = read_image_header(data), about.shape[:2]
    if header is None or header.depth > 8:
        return f"{name} is no PNG or JPEG image with 8 bits for each colour"
    if (header.height, header.width) != (height, width):
        return (
            f"{name} has {header.height} × {header.width} pixels, and the description says {height} × {width}; "
            "all images need this size, so resize them first"
        )
    return None


def list_public_files(about: DatasetDescription, folder: Path) -> list[str]:
    """The names of a dataset's files below its folder: its archive, its tables, or its images."""
    if not about.is_folders:
        return [about.file, *filter(None, [about.test_file])]
    return [file.name for file in iter_image_files(about, folder)]
