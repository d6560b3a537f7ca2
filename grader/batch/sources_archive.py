"""Unpacking what an LMS or a student has packed: only what may be graded, within bounds, under names of our own."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, TypeVar, cast

from grader.batch.sources_members import (
    MAX_MEMBERS,
    MOST_BYTES,
    NO_FILE,
    Member,
    Refused,
    checked,
    ignored,
    place,
    wanted,
)
from grader.errors import UsageError
from grader.reports.text import line

MAX_STREAM = 8_000_000_000  # of a compressed tar, which can only be read from its beginning
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
UTF_8_FLAG = 0x800
ENCRYPTED_FLAG = 0x1
Item = TypeVar("Item")
TOO_LARGE = f"it is larger than {MOST_BYTES // 1_000_000} MB"


def is_archive(path: Path) -> bool:
    """By its name."""
    return path.name.lower().endswith(SUFFIXES)


def measured(path: Path) -> Iterator[tuple[str, int]]:
    """Each file's name and the bytes that it takes unpacked, 0 where it isn't; without what `unpacked` refuses by name.

    Raises:
        UsageError: as `unpacked`.
    """
    with _explained(path):
        for name, size, isdir in (_zip_sizes if _is_zip(path) else _tar_sizes)(path):
            with suppress(Refused):
                if not isdir:
                    known = checked(name())
                    yield known, size if wanted(known) else 0


def unpacked(path: Path, folder: Path, taken: Callable[[str], bool] = lambda _: True) -> Iterator[Member | str]:
    """Each file of an archive; what was refused comes as a sentence with its name.

    Args:
        folder: where the files go; it is empty.
        taken: whether a file of this name is unpacked; of the others nothing comes.

    Raises:
        UsageError: not an archive, a damaged one, or one that holds more than any class hands in.
    """
    with _explained(path):
        yield from (_of_zip if _is_zip(path) else _of_tar)(path, folder, taken)


def _is_zip(path: Path) -> bool:
    return path.name.lower().endswith(".zip")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Raises: UsageError: whatever the readers say of a damaged archive."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # zlib, lzma, and the readers each have errors of their own
        reason = line(str(error) or type(error).__name__, 120)
        raise UsageError(f"{path}: not an archive that can be read ({reason}); download it again") from error


def _limited(items: Iterable[Item], path: Path) -> Iterator[Item]:
    """The members of an archive. Raises: UsageError: more than any class hands in."""
    for count, item in enumerate(items):
        if count >= MAX_MEMBERS:
            raise UsageError(f"{path}: holds more than {MAX_MEMBERS:,} files; hand over a part at a time")
        yield item


def _zip_sizes(path: Path) -> Iterator[tuple[Callable[[], str], int, bool]]:
    with zipfile.ZipFile(path) as archive:
        for item in _limited(archive.infolist(), path):
            yield partial(_zip_name, item), item.file_size, item.is_dir()


def _tar_sizes(path: Path) -> Iterator[tuple[Callable[[], str], int, bool]]:
    with _open_tar(path) as archive:
        for item in _limited(archive, path):
            _forget(archive)
            yield partial(str, item.name), item.size, item.isdir()


def _of_zip(path: Path, folder: Path, taken: Callable[[str], bool]) -> Iterator[Member | str]:
    with zipfile.ZipFile(path) as archive:
        for index, item in enumerate(_limited(archive.infolist(), path)):
            if item.is_dir():
                continue
            try:
                name = checked(_zip_name(item))
                if taken(name):
                    yield _zip_member(archive, item, name, folder, index)
            except Refused as refusal:
                yield f"{line(item.filename)}: {refusal}"


def _zip_member(archive: zipfile.ZipFile, item: zipfile.ZipInfo, name: str, folder: Path, index: int) -> Member:
    if ignored(name):
        return Member(name=name)
    if stat.S_IFMT(item.external_attr >> 16) not in (0, stat.S_IFREG):
        raise Refused(NO_FILE)
    if not wanted(name):
        return Member(name=name)
    if item.flag_bits & ENCRYPTED_FLAG:
        raise Refused("it is encrypted; hand it in without a password")
    if item.file_size > MOST_BYTES:
        raise Refused(TOO_LARGE)
    try:
        with archive.open(item) as file:
            data = file.read(item.file_size + 1)
    except Exception as error:  # zlib, lzma, and the reader each have errors of their own
        raise Refused(f"it is damaged in the archive ({line(str(error), 80)})") from error
    return _written(name, data, folder, index)


def _zip_name(item: zipfile.ZipInfo) -> str:
    """The name as its author wrote it: many programs write UTF-8 without saying so."""
    if item.flag_bits & UTF_8_FLAG:
        return item.orig_filename
    try:
        return item.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError as error:
        raise Refused("its name is not UTF-8; rename it") from error


@contextmanager
def _open_tar(path: Path) -> Iterator[tarfile.TarFile]:
    with path.open("rb") as packed, _plain(packed) as stream:
        bounded = cast("IO[bytes]", Bounded(stream, path))
        with tarfile.open(fileobj=bounded, mode="r|", encoding="utf-8", errors="surrogateescape") as archive:
            yield archive


def _forget(archive: tarfile.TarFile) -> None:
    """The members that were read, each of which would stay in memory."""
    archive.members = []  # type: ignore[attr-defined]  # documented for streams, and missing in the stubs


def _of_tar(path: Path, folder: Path, taken: Callable[[str], bool]) -> Iterator[Member | str]:
    with _open_tar(path) as archive:
        for index, item in enumerate(_limited(archive, path)):
            _forget(archive)
            if item.isdir():
                continue
            try:
                name = checked(item.name)
                if taken(name):
                    yield _tar_member(archive, item, name, folder, index)
            except Refused as refusal:
                yield f"{line(item.name)}: {refusal}"


def _tar_member(archive: tarfile.TarFile, item: tarfile.TarInfo, name: str, folder: Path, index: int) -> Member:
    if ignored(name):
        return Member(name=name)
    if not item.isreg():
        raise Refused(NO_FILE)
    if not wanted(name):
        return Member(name=name)
    if item.size > MOST_BYTES:
        raise Refused(TOO_LARGE)
    file = archive.extractfile(item)
    assert file is not None
    return _written(name, file.read(), folder, index)


def _written(name: str, data: bytes, folder: Path, index: int) -> Member:
    where = place(folder, index, name)
    where.write_bytes(data)
    return Member(name=name, path=where)


def _plain(packed: IO[bytes]) -> IO[bytes]:
    """The tar stream in a packed one, told by its first bytes."""
    start = packed.read(6)
    packed.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=packed))
    if start.startswith(b"BZh"):
        return cast("IO[bytes]", bz2.BZ2File(packed))
    if start.startswith(b"\xfd7zXZ\x00"):
        return cast("IO[bytes]", lzma.LZMAFile(packed))
    return packed


class Bounded(io.RawIOBase):
    """A stream that ends with an error when more comes out of it than any class packs."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        super().__init__()
        self._stream, self._path, self._left = stream, path, MAX_STREAM

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise UsageError(f"{self._path}: unpacks to more than {MAX_STREAM // 1_000_000_000} GB; hand over a part at a time")
        return data
