"""Tables as arrays, from a CSV file or an archive whose digest is right."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.errors import GraderError
from grader.protocol.datasets import DatasetDescription, DatasetSource
from grader.protocol.table_files import TableFault, read_table

Array = npt.NDArray[Any]


def load_table(source: DatasetSource) -> dict[str, Array]:
    """`x_train`, `y_train`, `x_test` and `y_test`: rows as float64 of shape (n, features), labels as int64 classes or float64.

    Raises:
        GraderError: a file isn't there, is damaged or holds something else.
    """
    about = source.about
    if not about.is_csv:
        arrays = _unpack_arrays(read_proven(source.path, about.sha256, about), source.path, tuple(about.array_shapes))
        for key, shape in about.array_shapes.items():
            if arrays[key].shape != shape:
                raise GraderError(f"{source.path}: {key} has the shape {arrays[key].shape}, not {shape}")
        return {key: _check_numbers(array, about, f"{source.path}: {key}", key[0]) for key, array in arrays.items()}
    train, test = source.readable
    arrays = {}
    for split, path, digest in (("train", train, about.sha256), ("test", test, about.test_sha256 or "")):
        arrays[f"x_{split}"], arrays[f"y_{split}"] = _split_rows(path, read_proven(path, digest, about), about)
    return arrays


def are_labels(labels: Array, about: DatasetDescription) -> bool:
    """Whether whole numbers are the classes of a dataset: from 0 on, or of two classes -1 and 1."""
    if about.takes_signed_labels and set(np.unique(labels).tolist()) == {-1, 1}:
        return True
    return not labels.size or bool(0 <= labels.min() <= labels.max() < len(about.classes))


def number_classes(labels: Array, about: DatasetDescription) -> Array:
    """Labels that are -1 and 1 as the classes 0 and 1."""
    return (labels + 1) // 2 if about.takes_signed_labels and labels.min(initial=0) < 0 else labels


def load_held_out_table(source: DatasetSource) -> tuple[Array, Array]:
    """Rows and labels of the secret split, which is a CSV file with the same columns, or an archive of `x` and `y`.

    Raises:
        GraderError: its file has changed since the course was read, or holds something else.
    """
    path = Path(source.held_out)
    data = read_proven(path, source.held_out_sha256, source.about)
    if path.suffix == ".csv":
        return _split_rows(path, data, source.about)
    arrays = _unpack_arrays(data, path, ("x", "y"))
    rows, labels = (_check_numbers(arrays[key], source.about, f"{path}: {key}", key) for key in "xy")
    if rows.shape != (len(labels), len(source.about.features)) or labels.ndim != 1 or not len(labels):
        raise GraderError(f"{path}: x and y must be rows of {len(source.about.features)} features with a label each")
    return rows, labels


def read_proven(path: Path, sha256: str, about: DatasetDescription) -> bytes:
    """A file's bytes. Raises: GraderError: it isn't there, or isn't the one that is meant."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise GraderError(f'{path} can\'t be read: {error.strerror}; see the dataset "{about.id}"') from error
    if (found := hashlib.sha256(data).hexdigest()) != sha256:
        raise GraderError(
            f'{path} is damaged (SHA-256 {found[:12]}…, not {sha256[:12]}…); see the dataset "{about.id}"'
        )
    return data


def _unpack_arrays(data: bytes, path: Path, names: tuple[str, ...]) -> dict[str, Array]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(f"{name}.npy") for name in names}
        # Without pickles, whose loading could run code.
        return {name: np.load(io.BytesIO(member), allow_pickle=False) for name, member in members.items()}
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError) as error:
        raise GraderError(f"{path} isn't an archive of the arrays {', '.join(names)}: {error}") from error


def _split_rows(path: Path, data: bytes, about: DatasetDescription) -> tuple[Array, Array]:
    try:
        table = np.asarray(read_table(data, about), np.float64)
    except TableFault as fault:
        raise GraderError(f"{path}: {fault}") from fault
    return np.ascontiguousarray(table[:, :-1]), table[:, -1].astype(np.int64 if about.classes else np.float64)


def _check_numbers(array: Array, about: DatasetDescription, what: str, letter: str) -> Array:
    """Finite numbers as float64; labels of classes as int64. Raises: GraderError: others are among them."""
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise GraderError(f"{what} holds {array.dtype.name}; each must be a finite number")
    if letter == "x" or not about.classes:
        return np.ascontiguousarray(array, np.float64)
    classes = array.astype(np.int64)
    if (classes != array).any() or not are_labels(classes, about):
        raise GraderError(f"{what} holds labels that aren't whole numbers from 0 to {len(about.classes) - 1}")
    return classes
