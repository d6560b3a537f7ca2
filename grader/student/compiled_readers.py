"""TensorFlow's functions that open files without Python, led to the CSV files of a course's own tables."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from grader.student.served_tables import find_missing_file

# The keywords under which these functions take their first argument.
PATH_KEYWORDS = frozenset({"filenames", "file_pattern", "filename", "name", "path", "src"})


def install_compiled_readers(files: Mapping[str, Path]) -> None:
    """Lets pipelines of CSV lines and `tf.io` find the table's files by their names, where the student has none of that name."""
    for home, name in _list_readers():
        setattr(home, name, _read_elsewhere(getattr(home, name), files))


def _list_readers() -> list[tuple[Any, str]]:
    gfile = [(tf.io.gfile, name) for name in ("GFile", "exists", "stat", "copy")]
    experimental = [(tf.data.experimental, name) for name in ("CsvDataset", "make_csv_dataset")]
    return [*gfile, *experimental, (tf.data, "TextLineDataset"), (tf.io, "read_file")]


def _read_elsewhere(plain: Callable[..., Any], files: Mapping[str, Path]) -> Callable[..., Any]:
    @functools.wraps(plain)
    def read(*args: Any, **kwargs: Any) -> Any:
        led = {key: _lead_paths(value, files) if key in PATH_KEYWORDS else value for key, value in kwargs.items()}
        return plain(*(_lead_paths(value, files) for value in args[:1]), *args[1:], **led)

    return read


def _lead_paths(paths: Any, files: Mapping[str, Path]) -> Any:
    """A path, or each of several, as TensorFlow takes them; what is no path of the table stays what it is."""
    if isinstance(paths, (list, tuple)):
        return [_lead_paths(path, files) for path in paths]
    found = find_missing_file(paths, files)
    if found is not None:
        return str(found)
    return os.fspath(paths) if isinstance(paths, os.PathLike) else paths
