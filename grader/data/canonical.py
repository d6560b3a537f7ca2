"""What the canonical datasets are: their files' digests, their arrays' digests, and how to get them.

The arrays are decoded once per machine into a cache that processes share by mapping it. A student's process may have
written to that cache, so nothing that comes out of it is used before its digest is right.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import blake3
import numpy as np
import numpy.typing as npt

from grader.errors import GraderError
from grader.stores.cache_folders import is_own_folder, list_cache_folders
from grader.stores.filing import write_whole

DATA_FOLDER = Path(__file__).resolve().parent
Array = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Images as uint8 of shape (60000, 28, 28) and (10000, 28, 28); labels 0 to 9 as uint8 of shape (n,)."""

    name: str
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array


ARRAY_SHAPES = {"x_train": (60_000, 28, 28), "y_train": (60_000,), "x_test": (10_000, 28, 28), "y_test": (10_000,)}
FILE_DIGESTS = {
    "mnist": "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64",
    "fashion_mnist": "5b6d2c4c694a91887af8ab7d039c04f80af3c29378d731c93a538d2e831aa469",
}
ARRAY_DIGESTS = {
    "mnist": {
        "x_train": "44651af436b7e9e7dd33ab1fcf89187861a19804b3b6ade682e4f6ef8f338fe7",
        "y_train": "1c3275b65d4325f25b12452240d2e92c4b24c10f3337aa3469a3ca9b9cd9b40a",
        "x_test": "3b246b152ec5a49792c766810f8f52f8a8bc08e27b3dbef8ee578cd792ba345e",
        "y_test": "314201d56c8aef7efd0d344348cc2f155ca4a5e936f7aa26b7c2f7f1658d4071",
    },
    "fashion_mnist": {
        "x_train": "df49e97997a0d965880777587234ea51c7385b6d5e6fa2849763fa90aadbef77",
        "y_train": "32fcc5c992292ad2bdad03c701be466e8fba20b38d37a4f59514aba5d872dc07",
        "x_test": "8ea90ef2b1691ab3333c7c5badcb667307e2f5c09cb7c78d0f3d3927ef580f02",
        "y_test": "46effff67f65a1a2ba684568341f9a34c0e0c344fee101842cc811422cf19f16",
    },
}
DATASET_NAMES = tuple(FILE_DIGESTS)


def load_dataset(name: str, *, verify: bool = False) -> Dataset:
    """The dataset `name`, from the machine's cache or, failing that, from the package.

    Args:
        name: "mnist" or "fashion_mnist".
        verify: for a trusted process: the arrays are read into memory of its own before their digest is taken, so
            that nobody can change them afterwards, and they can't be written to. Otherwise they are fresh
            copy-on-write views of the cache, as a student may write into what `load_data` returns.

    Raises:
        GraderError: there is no such dataset, or its file in the package is damaged.
    """
    if name not in FILE_DIGESTS:
        raise GraderError(f'no dataset "{name}" (there are: {", ".join(DATASET_NAMES)})')
    arrays = {key: _read_cached(name, key, private=verify) for key in ARRAY_SHAPES}
    if any(array is None for array in arrays.values()):
        arrays = _decode_package_file(name)
        for key, array in arrays.items():
            write_array(_name_cache_file(name, key), array)
        # Mapped from the file that was just written, so that processes share its pages.
        if not verify:
            arrays = {key: _read_cached(name, key, private=False, default=array) for key, array in arrays.items()}
    for array in arrays.values():
        array.flags.writeable = not verify
    return Dataset(name=name, **arrays)


def compute_content_digest(array: Array) -> str:
    """BLAKE3 of the array's bytes in C order, without any header: each process that loads a dataset takes it."""
    return blake3.blake3(np.ascontiguousarray(array).data).hexdigest()


def _name_cache_file(name: str, key: str) -> str:
    """A cache file's name; the digest in it keeps versions of the grader apart."""
    return f"{name}-{key}-{ARRAY_DIGESTS[name][key][:12]}.u8"


def _read_cached(name: str, key: str, *, private: bool, default: Any = None) -> Any:
    """The array in the cache; `default` where there is none. One with a wrong digest is removed."""
    for path, array in iter_copies(_name_cache_file(name, key), ARRAY_SHAPES[key], private=private):
        if compute_content_digest(array) == ARRAY_DIGESTS[name][key]:
            return array
        drop_copy(path)
    return default


def _decode_package_file(name: str) -> dict[str, Any]:
    """Raises: GraderError: the file isn't there or isn't the one that was released."""
    path = DATA_FOLDER / f"{name}.npz"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise GraderError(f"{path} can't be read: {error.strerror}; install grade again") from error
    if (found := hashlib.sha256(data).hexdigest()) != FILE_DIGESTS[name]:
        raise GraderError(
            f"{path} is damaged (SHA-256 {found[:12]}…, not {FILE_DIGESTS[name][:12]}…); install grade again"
        )
    # From the bytes whose digest is right, since the file may have changed meanwhile.
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {key: archive.read(f"{key}.npy") for key in ARRAY_SHAPES}
    # Without pickles, whose loading could run code.
    return {key: np.load(io.BytesIO(member), allow_pickle=False) for key, member in members.items()}


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
