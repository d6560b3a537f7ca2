"""Sequences of whole numbers as arrays, from an archive whose digest is right: padded to one length, or as lists."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.data.tables import are_labels, read_proven
from grader.errors import GraderError
from grader.protocol.datasets import MAX_LENGTH, MAX_TOKEN, DatasetDescription, DatasetSource

Array = npt.NDArray[Any]
# What NumPy writes of an array of lists; no name here runs or loads anything.
PICKLED = MappingProxyType({
    "numpy": ("ndarray", "dtype"),
    "numpy.core.multiarray": ("_reconstruct", "scalar"),
    "numpy._core.multiarray": ("_reconstruct", "scalar"),
    "numpy.core.numeric": ("_frombuffer",),
    "numpy._core.numeric": ("_frombuffer",),
    "_codecs": ("encode",),
})  # fmt: skip


def load_sequences(source: DatasetSource) -> dict[str, Array]:
    """`x_train`, `y_train`, `x_test` and `y_test`: labels as int64, and sequences of shape (n, length) or an array of arrays.

    Raises:
        GraderError: the file isn't there, is damaged or holds something else.
    """
    about = source.about
    data = read_proven(source.path, about.sha256, about)
    arrays = _unpack_arrays(data, source.path, tuple(about.array_shapes))
    for key, shape in about.array_shapes.items():
        if arrays[key].shape != shape:
            raise GraderError(f"{source.path}: {key} has the shape {arrays[key].shape}, not {shape}")
    return {key: _check_array(array, about, f"{source.path}: {key}", key[0]) for key, array in arrays.items()}


def load_held_out_sequences(source: DatasetSource) -> tuple[Array, Array]:
    """Sequences and labels of the secret split.

    Raises:
        GraderError: its file has changed since the course was read, or holds something else.
    """
    path, about = Path(source.held_out), source.about
    arrays = _unpack_arrays(read_proven(path, source.held_out_sha256, about), path, ("x", "y"))
    for key, rest in (("x", about.example_shape), ("y", ())):
        if arrays[key].shape != (len(arrays["y"]), *rest) or not arrays[key].size:
            raise GraderError(f"{path}: {key} has the shape {arrays[key].shape}; x and y are as those of {about.file}")
    sequences, labels = (_check_array(arrays[key], about, f"{path}: {key}", key) for key in "xy")
    return sequences, labels


def _unpack_arrays(data: bytes, path: Path, names: tuple[str, ...]) -> dict[str, Array]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(f"{name}.npy") for name in names}
        return {name: _read_array(member) for name, member in members.items()}
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, TypeError, pickle.UnpicklingError) as error:
        raise GraderError(f"{path} isn't an archive of the arrays {', '.join(names)}: {error}") from error


def _read_array(member: bytes) -> Array:
    file = io.BytesIO(member)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if not dtype.hasobject:
        return np.asarray(np.load(io.BytesIO(member), allow_pickle=False))
    lists = np.asarray(_ListUnpickler(file).load(), object)
    return lists.reshape(shape)


class _ListUnpickler(pickle.Unpickler):
    """Reads arrays of lists of numbers, and nothing else; only of a course's own archive, whose digest is right."""

    def find_class(self, module: str, name: str) -> Any:
        if name in PICKLED.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it holds {module}.{name}, and only lists of whole numbers may be in it")


def _check_array(array: Array, about: DatasetDescription, what: str, letter: str) -> Array:
    """Whole numbers; of sequences any up to `MAX_TOKEN`, as labels the classes. Raises: GraderError: others are among them."""
    if letter == "x" and array.dtype == object:
        return _check_lists(array, what)
    most = MAX_TOKEN if letter == "x" else len(about.classes) - 1
    sound = array.dtype.kind in "iu" and (
        are_labels(array, about) if letter == "y" else not array.size or 0 <= array.min() <= array.max() <= most
    )
    if not sound:
        raise GraderError(f"{what} holds {array.dtype.name}; expected whole numbers from 0 to {most}")
    return np.ascontiguousarray(array, np.int64) if letter == "y" else np.ascontiguousarray(array)


def _check_lists(lists: Array, what: str) -> Array:
    made = np.empty(len(lists), object)
    for number, given in enumerate(lists.tolist()):
        try:
            # An empty list has no numbers that would say of which type they are.
            sequence = np.asarray(given) if len(given) else np.zeros(0, np.int32)
        except (TypeError, ValueError) as error:
            raise GraderError(f"{what}[{number}] is no list of whole numbers") from error
        if sequence.ndim != 1 or sequence.dtype.kind not in "iu" or len(sequence) > MAX_LENGTH:
            raise GraderError(f"{what}[{number}] is no list of at most {MAX_LENGTH:,} whole numbers")
        if sequence.size and not 0 <= sequence.min() <= sequence.max() <= MAX_TOKEN:
            raise GraderError(f"{what}[{number}] holds a number that isn't from 0 to {MAX_TOKEN:,}")
        made[number] = sequence.astype(np.int32)
    return made
