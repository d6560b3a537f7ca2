"""The CSV files of a course's own tables, wherever a student's path puts them: for pandas, NumPy, `csv` and `open`.

`compiled_readers` does the same for TensorFlow's own readers.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from grader.protocol.datasets import DatasetSource
from grader.student.drives import replace_function


def install_tables(source: DatasetSource) -> None:
    """Lets every function that opens a file find the table's two files by their names, where the student has none of that name."""
    files = list_files(source)
    builtins.open = io.open = _open_elsewhere(builtins.open, files)
    for name in ("loadtxt", "genfromtxt"):
        setattr(np, name, _read_elsewhere(getattr(np, name), files))
    replace_function("stat", _look_elsewhere(os.stat, files))
    urllib.request.urlopen = _fetch_elsewhere(urllib.request.urlopen, files)
    urllib.request.urlretrieve = _fetch_to_file(urllib.request.urlretrieve, files)


def list_files(source: DatasetSource) -> dict[str, Path]:
    """The files by the names under which they are found."""
    if not source.about.is_csv:
        return {}
    train, test = source.readable
    return {**dict.fromkeys(source.about.names.files, train), train.name: train, test.name: test}


def find_missing_file(path: Any, files: Mapping[str, Path]) -> Path | None:
    """The table's file that a path names, where the student has no file of that name."""
    found = _find_file(path, files)
    return None if found is None or os.path.lexists(path) else found


def _find_file(path: Any, files: Mapping[str, Path]) -> Path | None:
    """The file that a path or an address names, whatever folders come before it."""
    if not isinstance(path, (str, os.PathLike)):
        return None
    text = os.fspath(path)
    return files.get(text.partition("?")[0].replace("\\", "/").rpartition("/")[2]) if isinstance(text, str) else None


def _open_elsewhere(plain: Callable[..., Any], files: dict[str, Path]) -> Callable[..., Any]:
    @functools.wraps(plain)
    def opened(file: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> Any:
        try:
            return plain(file, mode, *args, **kwargs)
        except OSError:
            # A file of that name that the student wrote comes first, and what is written is the student's own.
            if (found := _find_file(file, files)) is None or set(str(mode)) & set("wax+"):
                raise
            return plain(found, mode, *args, **kwargs)

    return opened


def _read_elsewhere(plain: Callable[..., Any], files: Mapping[str, Path]) -> Callable[..., Any]:
    @functools.wraps(plain)
    def read(fname: Any, *args: Any, **kwargs: Any) -> Any:
        # NumPy opens files by a function of its own.
        return plain(find_missing_file(fname, files) or fname, *args, **kwargs)

    return read


def _look_elsewhere(plain: Callable[..., Any], files: dict[str, Path]) -> Callable[..., Any]:
    """`os.stat`, by which `os.path.exists` and the like look whether a file is there."""

    @functools.wraps(plain)
    def look(path: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return plain(path, *args, **kwargs)
        except OSError:
            if (found := _find_file(path, files)) is None:
                raise
            return plain(found, *args, **kwargs)

    return look


def _fetch_elsewhere(plain: Callable[..., Any], files: dict[str, Path]) -> Callable[..., Any]:
    @functools.wraps(plain)
    def fetch(url: Any, *args: Any, **kwargs: Any) -> Any:
        found = _find_file(getattr(url, "full_url", url), files)
        return plain(url if found is None else found.as_uri(), *args, **kwargs)

    return fetch


def _fetch_to_file(plain: Callable[..., Any], files: dict[str, Path]) -> Callable[..., Any]:
    @functools.wraps(plain)
    def fetch(url: Any, filename: Any = None, *args: Any, **kwargs: Any) -> Any:
        found = _find_file(url, files)
        if found is None:
            return plain(url, filename, *args, **kwargs)
        target = Path(filename or found.name)
        target.write_bytes(found.read_bytes())
        return str(target), None

    return fetch
