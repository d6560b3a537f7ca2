"""Unpacking what an LMS or a student has packed: only what may be graded, within bounds, under names of our own."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from grader.batch.sources_members import (
    MOST_BYTES,
    MOST_MEMBERS,
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

MOST_RATIO = 200
FREE_BYTES = 100_000_000  # small archives may unpack to this much, whatever the ratio
MOST_TOTAL = 4_000_000_000
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
UTF_8_FLAG = 0x800
ENCRYPTED_FLAG = 0x1
TOO_LARGE = f"it is larger than {MOST_BYTES // 1_000_000} MB"


def is_archive(path: Path) -> bool:
    """By its name."""
    return path.name.lower().endswith(SUFFIXES)


def unpacked(path: Path, folder: Path) -> Iterator[Member | str]:
    """Each file of an archive; what was refused comes as a sentence with its name.

    Args:
        folder: where the files go; it is empty.

    Raises:
        UsageError: not an archive, a damaged one, or one that unpacks to more than any class hands in.
    """
    try:
        yield from (_of_zip if path.name.lower().endswith(".zip") else _of_tar)(path, folder)
    except UsageError:
        raise
    except Exception as error:  # zlib, lzma, and the readers each have errors of their own
        reason = line(str(error) or type(error).__name__, 120)
        raise UsageError(f"{path}: not an archive that can be read ({reason}); download it again") from error


class Budget:
    """How much an archive may still unpack to.

    Raises:
        UsageError: by `spend`, when it is used up.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left = min(MOST_TOTAL, max(FREE_BYTES, MOST_RATIO * path.stat().st_size))
        self.members = MOST_MEMBERS

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise UsageError(f"{self.path}: unpacks to more than {MOST_RATIO} times its size; this is no class's work")

    def member(self) -> None:
        self.members -= 1
        if self.members < 0:
            raise UsageError(f"{self.path}: holds more than {MOST_MEMBERS:,} files; hand over a part at a time")


def _of_zip(path: Path, folder: Path) -> Iterator[Member | str]:
    budget = Budget(path)
    with zipfile.ZipFile(path) as archive:
        for index, item in enumerate(archive.infolist()):
            budget.member()
            if item.is_dir():
                continue
            try:
                yield _zip_member(archive, item, folder, index, budget)
            except Refused as refusal:
                yield f"{line(item.filename)}: {refusal}"


def _zip_member(archive: zipfile.ZipFile, item: zipfile.ZipInfo, folder: Path, index: int, budget: Budget) -> Member:
    name = checked(_zip_name(item))
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
    budget.spend(len(data))
    return _written(name, data, folder, index)


def _zip_name(item: zipfile.ZipInfo) -> str:
    """The name as its author wrote it: many programs write UTF-8 without saying so."""
    if item.flag_bits & UTF_8_FLAG:
        return item.orig_filename
    try:
        return item.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError as error:
        raise Refused("its name is not UTF-8; rename it") from error


def _of_tar(path: Path, folder: Path) -> Iterator[Member | str]:
    budget = Budget(path)
    with path.open("rb") as packed, _plain(packed) as stream:
        bounded = cast("IO[bytes]", Bounded(stream, budget))
        with tarfile.open(fileobj=bounded, mode="r|", encoding="utf-8", errors="surrogateescape") as archive:
            for index, item in enumerate(archive):
                budget.member()
                if item.isdir():
                    continue
                try:
                    yield _tar_member(archive, item, folder, index)
                except Refused as refusal:
                    yield f"{line(item.name)}: {refusal}"


def _tar_member(archive: tarfile.TarFile, item: tarfile.TarInfo, folder: Path, index: int) -> Member:
    name = checked(item.name)
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
    """A stream that ends with an error when more comes out of it than the budget has."""

    def __init__(self, stream: IO[bytes], budget: Budget) -> None:
        super().__init__()
        self._stream, self._budget = stream, budget

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._budget.spend(len(data))
        return data
