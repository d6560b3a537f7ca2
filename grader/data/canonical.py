"""Datasets as arrays: the embedded ones and those that a course brings, each proven by its digests.

The arrays are decoded once per machine into a cache that processes share by mapping it. A student's process may have
written to that cache, so nothing that comes out of it is used before its digest is right.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import math
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import blake3
import numpy as np
import numpy.typing as npt
from msgspec import yaml

from grader.data.image_folders import decode_image_folders
from grader.data.sequences import load_held_out_sequences, load_sequences
from grader.data.tables import load_held_out_table, load_table, number_classes
from grader.errors import GraderError
from grader.protocol.datasets import DatasetDescription, DatasetRef, DatasetSource
from grader.stores.cache_folders import is_own_folder, list_cache_folders
from grader.stores.filing import write_whole

DATA_FOLDER = Path(__file__).resolve().parent
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Images as uint8 of shape (n, height, width) or (n, height, width, channels); labels from 0 on, of shape (n,).

    Of a table, rows as float64 of shape (n, features); its labels may be any numbers, and there are no classes then. Sequences
    are whole numbers of shape (n, length), or an array of arrays.
    """

    name: str
    class_count: int
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutSplit:
    """The secret split of a course's own dataset: images (or rows) and labels as in `Dataset`."""

    images: Array
    labels: Array


@functools.cache
def load_embedded() -> Mapping[str, DatasetSource]:
    """The package's own datasets, by id."""
    found = [
        yaml.decode(path.read_bytes(), type=DatasetDescription)
        for path in sorted(DATA_FOLDER.glob("*.yaml"), reverse=True)
    ]
    return MappingProxyType({about.id: DatasetSource(about=about, folder=str(DATA_FOLDER)) for about in found})


def find_source(dataset: DatasetRef) -> DatasetSource:
    """Where a dataset is. Raises: GraderError: there is no embedded one of this name."""
    if not isinstance(dataset, str):
        return dataset
    if dataset not in load_embedded():
        raise GraderError(f'no dataset "{dataset}" (there are: {", ".join(load_embedded())})')
    return load_embedded()[dataset]


def load_dataset(dataset: DatasetRef, *, verify: bool = False) -> Dataset:
    """A dataset, from the machine's cache or, failing that, from its file.

    Args:
        dataset: an embedded one's id, or a course's own.
        verify: for a trusted process: the arrays are read into memory of its own before their digest is taken, so
            that nobody can change them afterwards, and they can't be written to; labels of -1 and 1 become the classes 0
            and 1. Otherwise they are fresh
            copy-on-write views of the cache, as a student may write into what `load_data` returns.

    Raises:
        GraderError: there is no such dataset, or its file is damaged.
    """
    source = find_source(dataset)
    about = source.about
    arrays: dict[str, Any] = {}
    if about.is_table or about.is_sequences:
        arrays = load_table(source) if about.is_table else load_sequences(source)
    # Without their digests, what is in a cache can't be proven to be the arrays.
    if about.arrays is not None:
        arrays = {key: _read_cached(about, key, private=verify) for key in about.array_shapes}
    if not arrays or any(array is None for array in arrays.values()):
        arrays = _decode_file(source)
        if about.arrays is not None:
            for key, array in arrays.items():
                write_array(_name_cache_file(about, key), array)
            # Mapped from the file that was just written, so that processes share its pages.
            if not verify:
                arrays = {key: _read_cached(about, key, private=False, default=array) for key, array in arrays.items()}
    if verify:
        arrays |= {key: number_classes(arrays[key], about) for key in ("y_train", "y_test")}
    for array in arrays.values():
        array.flags.writeable = not verify
    return Dataset(name=about.id, class_count=len(about.classes), **arrays)


def load_held_out(source: DatasetSource) -> HeldOutSplit | None:
    """The secret split, in a trusted process only; None where there is none at hand.

    Raises:
        GraderError: its file has changed since the course was read, or holds something else.
    """
    if not source.held_out:
        return None
    if source.about.is_table or source.about.is_sequences:
        rows, labels = (load_held_out_table if source.about.is_table else load_held_out_sequences)(source)
        return HeldOutSplit(images=rows, labels=number_classes(labels, source.about))
    shapes = {"x": (None, *source.about.shape), "y": (None,)}
    arrays = _decode_archive(Path(source.held_out), source.held_out_sha256, shapes, source.about)
    if len(arrays["x"]) != len(arrays["y"]) or not len(arrays["x"]):
        raise GraderError(f"{source.held_out}: x and y must have the same number of examples, and some")
    return HeldOutSplit(images=arrays["x"], labels=arrays["y"])


def compute_content_digest(array: Array) -> str:
    """BLAKE3 of the array's bytes in C order, without any header: each process that loads a dataset takes it."""
    return blake3.blake3(np.ascontiguousarray(array).data).hexdigest()


def _name_cache_file(about: DatasetDescription, key: str) -> str:
    """A cache file's name; the digest in it keeps versions of the grader apart."""
    return f"{about.id}-{key}-{getattr(about.arrays, key)[:12]}.u8"


def _read_cached(about: DatasetDescription, key: str, *, private: bool, default: Any = None) -> Any:
    """The array in the cache; `default` where there is none. One with a wrong digest is removed."""
    for path, array in iter_copies(_name_cache_file(about, key), about.array_shapes[key], private=private):
        if compute_content_digest(array) == getattr(about.arrays, key):
            return array
        drop_copy(path)
    return default


def _decode_file(source: DatasetSource) -> dict[str, Any]:
    """Raises: GraderError: the file isn't there or isn't the one that the description means."""
    if source.about.is_folders:
        arrays = decode_image_folders(source)
    else:
        arrays = _decode_archive(source.path, source.about.sha256, source.about.array_shapes, source.about)
    for key, array in arrays.items():
        if source.about.arrays is not None and compute_content_digest(array) != getattr(source.about.arrays, key):
            raise GraderError(f"{source.path}: {key} has another digest than the description says")
    return arrays


def _decode_archive(
    path: Path, sha256: str, shapes: Mapping[str, tuple[int | None, ...]], about: DatasetDescription
) -> dict[str, Any]:
    """Images and labels, as uint8, of an archive whose digest is right. Raises: GraderError: it isn't such an archive."""
    remedy = "install grade again" if about.id in load_embedded() else f'see the dataset "{about.id}"'
    try:
        data = path.read_bytes()
    except OSError as error:
        raise GraderError(f"{path} can't be read: {error.strerror}; {remedy}") from error
    if (found := hashlib.sha256(data).hexdigest()) != sha256:
        raise GraderError(f"{path} is damaged (SHA-256 {found[:12]}…, not {sha256[:12]}…); {remedy}")
    try:
        # From the bytes whose digest is right, since the file may have changed meanwhile.
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {key: archive.read(f"{key}.npy") for key in shapes}
        # Without pickles, whose loading could run code.
        arrays = {key: np.load(io.BytesIO(member), allow_pickle=False) for key, member in members.items()}
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError) as error:
        raise GraderError(f"{path} isn't an archive of the arrays {', '.join(shapes)}: {error}; {remedy}") from error
    for key, array in arrays.items():
        if (fault := _find_array_fault(array, shapes[key], about, is_label=key[0] == "y")) is not None:
            raise GraderError(f"{path}: {key} {fault}; {remedy}")
    return {key: np.ascontiguousarray(array, np.uint8) for key, array in arrays.items()}


def _find_array_fault(
    array: Any, shape: tuple[int | None, ...], about: DatasetDescription, *, is_label: bool
) -> str | None:
    """What keeps an array from being what the description says, in words."""
    if len(array.shape) != len(shape) or any(
        want not in (None, got) for want, got in zip(shape, array.shape, strict=True)
    ):
        return f"has the shape {list(array.shape)}, not {['n' if side is None else side for side in shape]}"
    if not is_label and array.dtype != np.uint8:
        return f"holds {array.dtype.name}; images are uint8, from 0 to 255"
    if is_label and (
        array.dtype.kind not in "iu" or (array.size and not 0 <= array.min() <= array.max() < len(about.classes))
    ):
        return f"holds labels that aren't whole numbers from 0 to {len(about.classes) - 1}"
    return None


def iter_copies(name: str, shape: tuple[int, ...], *, private: bool) -> Iterator[tuple[Path, Array]]:
    """Every copy of the uint8 array `name`: mapped copy-on-write, or read into memory where `private`.

    A file of another size is no copy, nor is a pipe or a link: whoever could write here may have laid a trap.
    """
    for folder in list_cache_folders():
        with contextlib.suppress(OSError, ValueError):
            if not is_own_folder(folder):
                continue
            with open(folder / name, "rb", opener=_open_plain_file) as file:
                # Of the open file, which nobody can exchange between this look and the reading.
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size != math.prod(shape):
                    continue
                yield folder / name, _read_file(file, shape) if private else _map_file(file, shape)


def write_array(name: str, array: Array) -> Path | None:
    """Puts the array into the first folder that takes it; other processes see the whole file or none."""
    for folder in list_cache_folders():
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o755)
            if is_own_folder(folder):
                write_whole(folder / name, np.ascontiguousarray(array).data, mode=0o644)  # students' processes read it
                return folder / name
    return None


def drop_copy(path: Path) -> None:
    """Removes a file whose content is wrong, where that is allowed."""
    with contextlib.suppress(OSError):
        path.unlink()


def _open_plain_file(path: str, flags: int) -> int:
    """Opens without following a link and without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _map_file(file: BinaryIO, shape: tuple[int, ...]) -> Array:
    return np.asarray(np.memmap(file, dtype=np.uint8, mode="c", shape=shape))


def _read_file(file: BinaryIO, shape: tuple[int, ...]) -> Array:
    return np.fromfile(file, dtype=np.uint8, count=math.prod(shape)).reshape(shape)
