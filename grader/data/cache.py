"""Where decoded arrays are kept between runs; a folder that can't be used is passed over, never an error."""

from __future__ import annotations

import contextlib
import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from grader.caching import folders, is_ours
from grader.filing import write_whole

Array = npt.NDArray[np.uint8]


def read(name: str, shape: tuple[int, ...], *, private: bool) -> Iterator[tuple[Path, Array]]:
    """Every copy of the uint8 array `name`: mapped copy-on-write, or read into memory where `private`.

    A file of another size is no copy, nor is a pipe or a link: whoever could write here may have laid a trap.
    """
    for folder in folders():
        with contextlib.suppress(OSError, ValueError):
            if not is_ours(folder):
                continue
            with open(folder / name, "rb", opener=_open_plain) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size != math.prod(shape):
                    continue
                yield folder / name, _private(file, shape) if private else _mapped(file, shape)


def write(name: str, array: Array) -> Path | None:
    """Puts the array into the first folder that takes it; other processes see the whole file or none."""
    for folder in folders():
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o755)
            if is_ours(folder):
                write_whole(folder / name, np.ascontiguousarray(array).data, mode=0o644)  # students' processes read it
                return folder / name
    return None


def drop(path: Path) -> None:
    """Removes a file whose content is wrong, where that is allowed."""
    with contextlib.suppress(OSError):
        path.unlink()


def _open_plain(path: str, flags: int) -> int:
    """Opens without following a link and without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _mapped(file: BinaryIO, shape: tuple[int, ...]) -> Array:
    return np.asarray(np.memmap(file, dtype=np.uint8, mode="c", shape=shape))


def _private(file: BinaryIO, shape: tuple[int, ...]) -> Array:
    return np.fromfile(file, dtype=np.uint8, count=math.prod(shape)).reshape(shape)
