"""Puts a dataset's image folders, and zips of them, where student code looks for them; Keras's own loaders then read them.

Files are written when something first asks for them by name. A place that can't be written to, such as `/data/flowers`
on a machine where only the student's own folder is writable, leads to a folder of the same name in that one.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
import io
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf

from grader.data.image_folders import iter_student_files
from grader.protocol.datasets import SPLITS, DatasetSource
from grader.protocol.image_trees import iter_image_files
from grader.student.drives import map_path, replace_function

READING = ("listdir", "scandir", "stat", "lstat", "access", "chdir")
WRITING = ("mkdir", "remove", "unlink", "rmdir", "chmod", "utime")
WRITING_TWO = ("rename", "replace")
ZIP = ".zip"
TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - where students' files unpack


class Served:
    """What stands behind one name: all of a dataset, or one of its splits.

    Args:
        splits: those whose class folders lie in it; with several, each in a folder of its own.
    """

    def __init__(self, source: DatasetSource, splits: tuple[str, ...]) -> None:
        self.source, self.splits = source, splits
        files = [file.name for file in iter_image_files(source.about, source.path) if file.split in splits]
        short = [name if len(splits) > 1 else name.split("/", 1)[1] for name in files]
        # The paths of all files and folders below it; its own is empty.
        self.names = frozenset(name.rsplit("/", depth)[0] for name in short for depth in range(name.count("/") + 1)) | {
            ""
        }

    def iter_files(self) -> Iterator[tuple[str, bytes]]:
        """The files to write, by their paths below it."""
        for split in self.splits:
            for name, data in iter_student_files(self.source, split):
                yield (f"{split}/{name}" if len(self.splits) > 1 else name), data

    def write_folder(self, place: str) -> None:
        """Writes the files into a folder."""
        for name, data in self.iter_files():
            path = Path(place, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def write_zip(self, place: str, folder: str = "") -> None:
        """Writes a zip of them, below a folder in it."""
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(place, "w") as archive:
            for name, data in self.iter_files():
                archive.writestr(folder + name, data)


class FolderServer:
    """Finds the names in paths, and lays the files down.

    Args:
        home: the student's own folder, which can be written to.
    """

    def __init__(self, source: DatasetSource, home: str) -> None:
        names = source.about.names
        kinds = ((names.folders, SPLITS), (names.train_folders, ("train",)), (names.test_folders, ("test",)))
        self._served = {name: Served(source, splits) for given, splits in kinds for name in given}
        self._home, self._resting = str(Path(home).absolute()), False
        self._places: dict[str, str] = {}
        # Python's own functions, since those of `os` will ask this server.
        self._lstat, self._listdir = os.lstat, os.listdir

    def lead_path(self, path: Any, *, reads: bool = True) -> Any:
        """Where a path leads; the files are there if somebody reads them. A path without one of the names as it is."""
        text = os.fspath(path) if isinstance(path, os.PathLike) else path
        if self._resting or not isinstance(text, str):
            return path
        found = self._split_path(text)
        if found is None:
            return path
        base, below, served = found
        with self.rest():
            place = self._choose_place(base)
            if place is None:
                return path
            if reads and (below in served.names or "*" in below) and self._is_missing(place):
                write = served.write_zip if base.endswith(ZIP) else served.write_folder
                write(map_path(place))
        return path if place == base else os.path.join(place, below) if below else place  # noqa: PTH118 - as students write it

    def has_folder(self, name: str) -> bool:
        """Whether a folder of this name is served."""
        return name in self._served

    def write_archive(self, name: str, place: Path) -> None:
        """Writes a zip of the folder to any place, under its name in the zip."""
        with self.rest():
            self._served[name].write_zip(str(place), f"{name}/")

    @contextlib.contextmanager
    def rest(self) -> Iterator[None]:
        """Nothing that is asked meanwhile lays files down."""
        before, self._resting = self._resting, True
        try:
            yield
        finally:
            self._resting = before

    def _split_path(self, text: str) -> tuple[str, str, Served] | None:
        """A path up to its last name that something is known below, what follows, and what is served there."""
        parts = text.split("/")
        found = []
        for at in reversed(range(len(parts))):
            served = self._served.get(parts[at].removesuffix(ZIP))
            if served is not None and (at == len(parts) - 1 or not parts[at].endswith(ZIP)):
                below = os.path.normpath("/".join(parts[at + 1 :]) or ".")
                found.append(("/".join(parts[: at + 1]), "" if below == "." else below, served))
        return next((each for each in found if each[1] in each[2].names), found[0] if found else None)

    def _choose_place(self, base: str) -> str | None:
        """Where the folder of this path is: there, or in the student's own folder; None where it is somebody else's."""
        whole = os.path.abspath(map_path(base))  # noqa: PTH100 - without following links
        if whole not in self._places:
            parent = Path(whole).parent
            there = next(folder for folder in (parent, *parent.parents) if folder.is_dir())
            # An installation that lies in /tmp is no place where students unpack.
            unpacks = any(parent.is_relative_to(folder) for folder in TEMPORARY) and not parent.is_relative_to(sys.prefix)
            near = unpacks or parent.is_relative_to(self._home)
            if self._exists(whole) or (near and os.access(there, os.W_OK)):
                self._places[whole] = map_path(base)
            # A library that looks beside its own files is no student.
            elif there == parent and not Path(self._home).is_relative_to(parent):
                return None
            else:
                self._places[whole] = os.path.join(self._home, os.path.basename(whole))  # noqa: PTH118, PTH119
        return self._places[whole]

    def _exists(self, path: str) -> bool:
        try:
            self._lstat(path)
        except (OSError, ValueError):
            return False
        return True

    def _is_missing(self, path: str) -> bool:
        """Whether nothing is there, or an empty folder that waits for a zip that can't be downloaded."""
        path = map_path(path)
        if not self._exists(path):
            return True
        try:
            return not path.endswith(ZIP) and not self._listdir(path)
        except OSError:
            return False


def install_image_folders(source: DatasetSource) -> FolderServer:
    """Lets Python's functions for files, TensorFlow's and Keras's loaders find the dataset's folders."""
    server = FolderServer(source, os.environ.get("HOME", os.getcwd()))  # noqa: PTH109
    for name in READING:
        replace_function(name, _leading(getattr(os, name), server, reads=True))
    for name in WRITING:
        replace_function(name, _leading(getattr(os, name), server, reads=False))
    for name in WRITING_TWO:
        replace_function(name, _leading(getattr(os, name), server, reads=False, count=2))
    replace_function("makedirs", _quiet(os.makedirs, server))
    builtins.open = io.open = _opening(builtins.open, server)
    for home, name in _list_compiled_readers():
        setattr(home, name, _leading(getattr(home, name), server, reads=True))
    tf.data.Dataset.list_files = staticmethod(_leading(tf.data.Dataset.list_files, server, reads=True))
    return server


def _list_compiled_readers() -> list[tuple[Any, str]]:
    """What reads files without Python: TensorFlow's functions, and the list that Keras's loader makes for them."""
    gfile = [(tf.io.gfile, name) for name in ("exists", "listdir", "isdir", "glob", "walk", "GFile")]
    index = (importlib.import_module("keras.src.utils.dataset_utils"), "index_directory")
    return [*gfile, (tf.io, "read_file"), index]


def _leading(plain: Callable[..., Any], server: FolderServer, *, reads: bool, count: int = 1) -> Callable[..., Any]:
    """A function whose first arguments are paths."""

    @functools.wraps(plain)
    def function(*paths: Any, **kwargs: Any) -> Any:
        return plain(*(server.lead_path(path, reads=reads) for path in paths[:count]), *paths[count:], **kwargs)

    return function


def _quiet(plain: Callable[..., Any], server: FolderServer) -> Callable[..., Any]:
    """`os.makedirs`, which looks whether each folder is there and would then find what it is about to make."""

    @functools.wraps(plain)
    def function(name: Any, *args: Any, **kwargs: Any) -> Any:
        place = server.lead_path(name, reads=False)
        with server.rest():
            return plain(place, *args, **kwargs)

    return function


def _opening(plain: Callable[..., Any], server: FolderServer) -> Callable[..., Any]:
    @functools.wraps(plain)
    def opened(file: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> Any:
        return plain(server.lead_path(file, reads="r" in str(mode)), mode, *args, **kwargs)

    return opened
