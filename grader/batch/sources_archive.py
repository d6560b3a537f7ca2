"""Unpacking what an LMS or a student has packed: only what may be graded, within bounds, under names of our own."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import stat
import tarfile
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

from grader.batch.file_names import is_archive_name
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
MOST_NESTED = 400_000_000  # what an archive within may unpack to, whatever its size
FREE_NESTED = 60_000_000
MOST_LEVELS = 3
UTF_8_FLAG = 0x800
ENCRYPTED_FLAG = 0x1
TOO_LARGE = f"it is larger than {MOST_BYTES // 1_000_000} MB"


def unpacked(path: Path, folder: Path) -> Iterator[Member | str]:
    """Each file of an archive, and of the archives in it; what was refused comes as a sentence with its name.

    Args:
        folder: where the files go; it is empty.

    Raises:
        UsageError: not an archive, a damaged one, or one that unpacks to more than any class hands in.
    """
    own = min(MOST_TOTAL, max(FREE_BYTES, MOST_RATIO * path.stat().st_size))
    yield from opened(_read(path, folder, Budget(str(path), own)), folder)


def opened(members: Iterable[Member | str], folder: Path) -> Iterator[Member | str]:
    """The members, each archive among them replaced by what is in it; one that can't be read is named.

    Args:
        folder: where the files go, into folders of their own.
    """
    shared = Budget("the archives within", MOST_TOTAL)
    for member in members:
        if isinstance(member, Member) and member.path is not None and is_archive_name(member.name):
            yield from _open_nested(member, folder, shared, MOST_LEVELS)
        else:
            yield member


def _open_nested(member: Member, folder: Path, shared: Budget, levels: int) -> list[Member | str]:
    """What a student has packed, under the archive's own name; a bad one costs nobody else anything."""
    if not levels:
        return [f"{line(member.name)}: archives within archives, more than {MOST_LEVELS} deep; hand in the file itself"]
    assert member.path is not None
    size = min(MOST_NESTED, max(FREE_NESTED, MOST_RATIO * member.path.stat().st_size))
    budget = Budget(line(member.name), size, shared)
    below = Path(tempfile.mkdtemp(dir=folder, prefix="within-"))
    found: list[Member | str] = []
    try:
        for each in _read(member.path, below, budget):
            if isinstance(each, str):
                found.append(f"{line(member.name)}: {each}")
                continue
            inner = replace(each, name=f"{member.name}/{each.name}")
            if inner.path is not None and is_archive_name(inner.name):
                found += _open_nested(inner, folder, shared, levels - 1)
            else:
                found.append(inner)
    except UsageError as error:
        return [str(error)]
    return found or [replace(member, path=None)]


def _read(path: Path, folder: Path, budget: Budget) -> Iterator[Member | str]:
    try:
        yield from (_of_zip if _is_zip(path) else _of_tar)(path, folder, budget)
    except UsageError:
        raise
    except Exception as error:  # zlib, lzma, and the readers each have errors of their own
        reason = line(str(error) or type(error).__name__, 120)
        raise UsageError(f"{budget.name}: not an archive that can be read ({reason}); download it again") from error


def _is_zip(path: Path) -> bool:
    """By its first bytes, since a tar may end with a zip."""
    with path.open("rb") as file:
        return file.read(2) == b"PK"


class Budget:
    """How much an archive may still unpack to.

    Raises:
        UsageError: by `spend`, when it is used up.
    """

    def __init__(self, name: str, size: int, shared: Budget | None = None) -> None:
        self.name, self.left, self.members, self.shared = name, size, MOST_MEMBERS, shared

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise UsageError(f"{self.name}: unpacks to more than {MOST_RATIO} times its size; this is no class's work")
        if self.shared is not None:
            self.shared.spend(count)

    def member(self) -> None:
        self.members -= 1
        if self.members < 0:
            raise UsageError(f"{self.name}: holds more than {MOST_MEMBERS:,} files; hand over a part at a time")
        if self.shared is not None:
            self.shared.member()


def _of_zip(path: Path, folder: Path, budget: Budget) -> Iterator[Member | str]:
    with zipfile.ZipFile(path) as archive:
        for index, item in enumerate(archive.infolist()):
            budget.member()
            if item.is_dir() or item.orig_filename.endswith("\\"):
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
    """The name as its author wrote it, in the first encoding that gives letters.

    Many programs write UTF-8 without saying so. Windows writes cp437, with accents below 0xA6; programs that take
    cp1252 for it have them from 0xC0 on, so that a name fits one of the two.
    """
    if item.flag_bits & UTF_8_FLAG:
        return item.orig_filename
    data = item.orig_filename.encode("cp437")
    with contextlib.suppress(UnicodeError):
        return data.decode("utf-8")
    for encoding in ("cp437", "cp1252"):
        with contextlib.suppress(UnicodeError):
            if _is_latin(text := data.decode(encoding)):
                return text
    raise Refused("its name is neither UTF-8 nor of Windows; rename it")


def _is_latin(text: str) -> bool:
    return all(letter.isascii() or unicodedata.name(letter, "").startswith("LATIN ") for letter in text)


def _of_tar(path: Path, folder: Path, budget: Budget) -> Iterator[Member | str]:
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
