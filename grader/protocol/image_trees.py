"""Images in folders, `train/<class>/*.png`: which files belong to a dataset, in which order, and their digest."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct

from grader.protocol.datasets import SPLITS, DatasetDescription

ENDINGS = (".png", ".jpg", ".jpeg")
PNG_MAGIC, JPEG_MAGIC = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
# Markers of JPEG that begin a frame, which says the size; the three between them are tables.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
GREY, COLOURS = 0, 2  # the colour types of PNG without a palette and without transparency


class ImageFile(Struct, frozen=True, kw_only=True):
    """One image of a dataset. `name` is its path below the dataset's folder, `label` its class from 0 on."""

    name: str
    split: Literal["train", "test"]
    label: int


class ImageHeader(Struct, frozen=True, kw_only=True):
    """What a file's first bytes say: its size, and of a PNG how it holds its colours."""

    height: int
    width: int
    depth: int
    colour_type: int | None


def iter_image_files(about: DatasetDescription, folder: Path) -> Iterator[ImageFile]:
    """A dataset's images, split by split and class by class, in the order in which Keras reads them. Links are none."""
    for split in SPLITS:
        for label, name in enumerate(about.classes):
            below = f"{split}/{name}"
            for file in list_plain_files(folder, below):
                yield ImageFile(name=f"{below}/{file}", split=split, label=label)  # type: ignore[arg-type]


def list_plain_files(folder: Path, below: str) -> list[str]:
    """The names of the images in a folder, sorted; none where a part of its path is a link or isn't there."""
    place = folder
    for part in below.split("/"):
        place /= part
        if place.is_symlink() or not place.is_dir():
            return []
    with os.scandir(place) as entries:
        return sorted(
            entry.name
            for entry in entries
            if entry.name.lower().endswith(ENDINGS) and not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
        )  # fmt: skip


def compute_tree_digest(files: Iterable[tuple[str, bytes]]) -> str:
    """SHA-256 of the names and the contents of files."""
    total = hashlib.sha256()
    for name, data in files:
        total.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    return total.hexdigest()


def read_image_header(data: bytes) -> ImageHeader | None:
    """The size of a PNG or JPEG image; None where it is neither."""
    try:
        if data.startswith(PNG_MAGIC) and data[12:16] == b"IHDR":
            width, height, depth, colour_type = struct.unpack(">IIBB", data[16:26])
            return ImageHeader(height=height, width=width, depth=depth, colour_type=colour_type)
        return _read_jpeg_header(data) if data.startswith(JPEG_MAGIC) else None
    except (struct.error, IndexError):
        return None


def _read_jpeg_header(data: bytes) -> ImageHeader | None:
    at = len(JPEG_MAGIC)
    while data[at] == 0xFF:
        marker, (length,) = data[at + 1], struct.unpack_from(">H", data, at + 2)
        if marker in FRAMES:
            depth, height, width = struct.unpack_from(">BHH", data, at + 4)
            return ImageHeader(height=height, width=width, depth=depth, colour_type=None)
        at += 2 + length
    return None


def is_plain(header: ImageHeader, about: DatasetDescription) -> bool:
    """Whether every program reads the same pixels from a file: of a JPEG each makes its own."""
    return header.depth == 8 and header.colour_type == (COLOURS if about.channel_count == 3 else GREY)
