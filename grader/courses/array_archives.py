"""What an `.npz` archive says of the arrays in it, read without NumPy; the numbers themselves are never looked at."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from grader.protocol.datasets import DatasetDescription
from grader.records.syntax_tree import read_literal

MAX_HEADER_BYTES = 10_000
MAGIC = b"\x93NUMPY"
IMAGE_TYPES = ("|u1",)
FLOAT_TYPES = tuple(f"<f{size}" for size in (2, 4, 8))
LABEL_TYPES = tuple(f"{order}{kind}{size}" for order in "<|" for kind in "iu" for size in (1, 2, 4, 8))
NUMBER_TYPES = (*FLOAT_TYPES, *LABEL_TYPES)
OBJECT_TYPES = ("|O",)


def find_archive_faults(path: Path, about: DatasetDescription) -> Iterator[str]:
    """What keeps an archive from being a dataset's arrays, in words; whatever else is in it would go to students."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name, shape in about.array_shapes.items():
                yield from _find_array_faults(archive, name, shape, *_list_types(about, name))
            wanted = {f"{name}.npy" for name in about.array_shapes}
            if more := sorted(set(archive.namelist()) - wanted):
                yield f"it also holds {', '.join(more)[:200]}, and students get the whole file: write it without"
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        yield "not an archive as `np.savez` writes it"


def _list_types(about: DatasetDescription, name: str) -> tuple[tuple[str, ...], str]:
    """The types that an array may have, and what they are in words."""
    if about.is_sequences and name[0] == "x" and about.length is None:
        return OBJECT_TYPES, "lists (dtype object); of sequences that are padded to one length, say which length"
    if about.is_table and (name[0] == "x" or not about.classes):
        return NUMBER_TYPES, "numbers, such as float64"
    if name[0] == "y" or about.is_sequences:
        return LABEL_TYPES, "whole numbers, such as int64"
    return IMAGE_TYPES, "uint8, from 0 to 255"


def _find_array_faults(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], types: tuple[str, ...], wanted: str
) -> Iterator[str]:
    try:
        with archive.open(f"{name}.npy") as file:
            header = _read_header(file)
    except KeyError:
        yield f"there is no array {name} in it"
        return
    except (
        ValueError,
        TypeError,
        IndexError,
        SyntaxError,
        EOFError,
        struct.error,
        zlib.error,
        MemoryError,
        RecursionError,
    ):
        yield f"{name} is no array of numbers"
        return
    if header.get("shape") != shape:
        yield f"{name} has the shape {header.get('shape')}; the description says {shape}"
    if header.get("descr") not in types:
        yield f"{name} holds {header.get('descr')!s:.40}; expected {wanted}"


def _read_header(file: IO[bytes]) -> dict[str, Any]:
    """The header of an array, a literal. Raises: ValueError: it is none."""
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("no array")
    major = file.read(2)[0]
    (size,) = struct.unpack("<H", file.read(2)) if major == 1 else struct.unpack("<I", file.read(4))
    if size > MAX_HEADER_BYTES:
        raise ValueError("a header that is too long")
    # A dictionary, or the error of any other literal.
    return dict(read_literal(file.read(size).decode("latin-1")))
