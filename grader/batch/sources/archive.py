"""Unpacking what an LMS or a student has packed: only what may be graded, within bounds, under names of our own."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, TypeVar, cast

from grader.batch.file_names import is_archive_name
from grader.batch.sources.budgets import Allowance
from grader.batch.sources.members import (
    MAX_MEMBER_BYTES,
    MAX_MEMBERS,
    NOT_A_FILE,
    FileRefused,
    SourceFile,
    check_name,
    is_ignored,
    is_wanted,
    make_place,
)
from grader.errors import UsageError
from grader.messages.text import escape_line

MAX_STREAM = 8_000_000_000  # of a compressed tar, which can only be read from its beginning
MAX_NESTED_STREAM = 1_000_000_000
MAX_LEVELS = 3  # of archives within archives
UTF_8_FLAG = 0x800
ENCRYPTED_FLAG = 0x1
Item = TypeVar("Item")
TOO_LARGE_REASON = f"it is larger than {MAX_MEMBER_BYTES // 1_000_000} MB"


class ArchiveError(UsageError):
    """An archive that can't be read, or holds too much; `reason` is without its path."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.reason = reason


def measured(path: Path, stream: int | None = None) -> Iterator[tuple[str, int]]:
    """Each file's name and the bytes that it takes unpacked, 0 where it isn't; without what `unpack_archive` refuses by name.

    Args:
        stream: how much may come out of a compressed tar (default: `MAX_STREAM`).

    Raises:
        UsageError: as `unpack_archive`.
    """
    with _explained(path):
        for name, size, isdir in _zip_sizes(path) if _is_zip(path) else _tar_sizes(path, stream):
            with suppress(FileRefused):
                if not isdir:
                    known = check_name(name())
                    yield known, size if is_wanted(known) else 0


def unpack_archive(
    path: Path, folder: Path, taken: Callable[[str], bool] = lambda _: True, *, stream: int | None = None
) -> Iterator[SourceFile | str]:
    """Each file of an archive; what was refused comes as a sentence with its name.

    Args:
        folder: where the files go; it is empty.
        taken: whether a file of this name is unpacked; of the others nothing comes.
        stream: how much may come out of a compressed tar (default: `MAX_STREAM`).

    Raises:
        UsageError: not an archive, a damaged one, or one that holds more than any class hands in.
    """
    with _explained(path):
        yield from _unpack_zip(path, folder, taken) if _is_zip(path) else _unpack_tar(path, folder, taken, stream)


def opened(members: Iterable[SourceFile | str], folder: Path, owner_of: Callable[[str], str]) -> Iterator[SourceFile | str]:
    """The members, each archive among them replaced by what is in it; unreadable ones are reported.

    Args:
        folder: where the files go, into folders of their own.
        owner_of: whose budget a file counts for, by its name.
    """
    allowance = Allowance()
    for member in members:
        if isinstance(member, SourceFile) and member.path is not None and is_archive_name(member.name):
            yield from _open_nested(member, folder, partial(allowance.spend, owner_of(member.name)), MAX_LEVELS)
        else:
            yield member


def _open_nested(member: SourceFile, folder: Path, spend: Callable[[int, int], None], levels: int) -> list[SourceFile | str]:
    """Unpacks a student's archive under its own name; a bad one doesn't affect other students."""
    if not levels:
        return [f"{escape_line(member.name)}: archives within archives, more than {MAX_LEVELS} deep; hand in the file itself"]
    assert member.path is not None
    below = Path(tempfile.mkdtemp(dir=folder, prefix="within-"))
    found: list[SourceFile | str] = []
    try:
        sizes = [size for _, size in measured(member.path, MAX_NESTED_STREAM)]
        # Before unpacking, so that a refused archive has written nothing.
        spend(len(sizes), sum(sizes))
        for each in unpack_archive(member.path, below, stream=MAX_NESTED_STREAM):
            if isinstance(each, str):
                found.append(f"{escape_line(member.name)}: {each}")
                continue
            inner = replace(each, name=f"{member.name}/{each.name}")
            if inner.path is not None and is_archive_name(inner.name):
                found += _open_nested(inner, folder, spend, levels - 1)
            else:
                found.append(inner)
    except ArchiveError as error:
        return [f"{escape_line(member.name)}: {error.reason}"]
    except UsageError as error:
        return [f"{escape_line(member.name)}: {error}"]
    # An empty archive still shows that the student handed in something.
    return found or [replace(member, path=None)]


def unwrap(path: Path, folder: Path) -> Path:
    """The archive that is all that another one holds, as of a download of a download; else the archive itself."""
    for _ in range(MAX_LEVELS):
        names = [name for name, _ in measured(path) if not is_ignored(name)]
        if len(names) != 1 or not is_archive_name(names[0]):
            break
        below = Path(tempfile.mkdtemp(dir=folder, prefix="around-"))
        inner = [each.path for each in unpack_archive(path, below) if isinstance(each, SourceFile) and each.path is not None]
        if len(inner) != 1:
            break
        path = inner[0]
    return path


def _is_zip(path: Path) -> bool:
    """By its first bytes, since a tar may end with a zip."""
    with path.open("rb") as file:
        return file.read(2) == b"PK"


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Raises: UsageError: whatever the readers say of a damaged archive."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # zlib, lzma, and the readers each have errors of their own
        reason = escape_line(str(error) or type(error).__name__, 120)
        raise ArchiveError(path, f"not an archive that can be read ({reason}); download it again") from error


def _limited(items: Iterable[Item], path: Path) -> Iterator[Item]:
    """The members of an archive. Raises: UsageError: more than any class hands in."""
    for count, item in enumerate(items):
        if count >= MAX_MEMBERS:
            raise ArchiveError(path, f"holds more than {MAX_MEMBERS:,} files; hand over a part at a time")
        yield item


def _zip_sizes(path: Path) -> Iterator[tuple[Callable[[], str], int, bool]]:
    with zipfile.ZipFile(path) as archive:
        for item in _limited(archive.infolist(), path):
            yield partial(_decode_zip_name, item), item.file_size, _is_folder(item)


def _tar_sizes(path: Path, stream: int | None) -> Iterator[tuple[Callable[[], str], int, bool]]:
    with _open_tar(path, stream) as archive:
        for item in _limited(archive, path):
            _forget(archive)
            yield partial(str, item.name), item.size, item.isdir()


def _unpack_zip(path: Path, folder: Path, taken: Callable[[str], bool]) -> Iterator[SourceFile | str]:
    with zipfile.ZipFile(path) as archive:
        for index, item in enumerate(_limited(archive.infolist(), path)):
            if _is_folder(item):
                continue
            try:
                name = check_name(_decode_zip_name(item))
                if taken(name):
                    yield _unpack_zip_member(archive, item, name, folder, index)
            except FileRefused as refusal:
                yield f"{escape_line(item.filename)}: {refusal}"


def _unpack_zip_member(archive: zipfile.ZipFile, item: zipfile.ZipInfo, name: str, folder: Path, index: int) -> SourceFile:
    if is_ignored(name):
        return SourceFile(name=name)
    # A link could lead to any file of this machine; 0 is an archive made without Unix modes.
    if stat.S_IFMT(item.external_attr >> 16) not in (0, stat.S_IFREG):
        raise FileRefused(NOT_A_FILE)
    if not is_wanted(name):
        return SourceFile(name=name)
    if item.flag_bits & ENCRYPTED_FLAG:
        raise FileRefused("it is encrypted; hand it in without a password")
    if item.file_size > MAX_MEMBER_BYTES:
        raise FileRefused(TOO_LARGE_REASON)
    try:
        with archive.open(item) as file:
            data = file.read(item.file_size + 1)
    except Exception as error:  # zlib, lzma, and the reader each have errors of their own
        raise FileRefused(f"it is damaged in the archive ({escape_line(str(error), 80)})") from error
    return _write_member(name, data, folder, index)


def _is_folder(item: zipfile.ZipInfo) -> bool:
    """Windows may end a folder's name by a backslash."""
    return item.is_dir() or item.orig_filename.endswith("\\")


def _decode_zip_name(item: zipfile.ZipInfo) -> str:
    """The name as its author wrote it, in the first encoding that gives letters.

    Many programs write UTF-8 without saying so. Windows writes cp437, with accents below 0xA6; programs that take
    cp1252 for it have them from 0xC0 on, so that a name fits one of the two.
    """
    if item.flag_bits & UTF_8_FLAG:
        return item.orig_filename
    data = item.orig_filename.encode("cp437")
    with suppress(UnicodeError):
        return data.decode("utf-8")
    for encoding in ("cp437", "cp1252"):
        with suppress(UnicodeError):
            # Any bytes are valid cp437, so only the letters tell whether it was meant.
            if _is_latin(text := data.decode(encoding)):
                return text
    raise FileRefused("its name is neither UTF-8 nor of Windows; rename it")


def _is_latin(text: str) -> bool:
    return all(letter.isascii() or unicodedata.name(letter, "").startswith("LATIN ") for letter in text)


@contextmanager
def _open_tar(path: Path, limit: int | None) -> Iterator[tarfile.TarFile]:
    with path.open("rb") as packed, _open_tar_stream(packed) as stream:
        bounded = cast("IO[bytes]", BudgetedStream(stream, path, limit or MAX_STREAM))
        with tarfile.open(fileobj=bounded, mode="r|", encoding="utf-8", errors="surrogateescape") as archive:
            yield archive


def _forget(archive: tarfile.TarFile) -> None:
    """The members that were read, each of which would stay in memory."""
    archive.members = []  # type: ignore[attr-defined]  # documented for streams, and missing in the stubs


def _unpack_tar(path: Path, folder: Path, taken: Callable[[str], bool], stream: int | None) -> Iterator[SourceFile | str]:
    with _open_tar(path, stream) as archive:
        for index, item in enumerate(_limited(archive, path)):
            _forget(archive)
            if item.isdir():
                continue
            try:
                name = check_name(item.name)
                if taken(name):
                    yield _unpack_tar_member(archive, item, name, folder, index)
            except FileRefused as refusal:
                yield f"{escape_line(item.name)}: {refusal}"


def _unpack_tar_member(archive: tarfile.TarFile, item: tarfile.TarInfo, name: str, folder: Path, index: int) -> SourceFile:
    if is_ignored(name):
        return SourceFile(name=name)
    if not item.isreg():
        raise FileRefused(NOT_A_FILE)
    if not is_wanted(name):
        return SourceFile(name=name)
    if item.size > MAX_MEMBER_BYTES:
        raise FileRefused(TOO_LARGE_REASON)
    file = archive.extractfile(item)
    assert file is not None
    return _write_member(name, file.read(), folder, index)


def _write_member(name: str, data: bytes, folder: Path, index: int) -> SourceFile:
    where = make_place(folder, index, name)
    where.write_bytes(data)
    return SourceFile(name=name, path=where)


def _open_tar_stream(packed: IO[bytes]) -> IO[bytes]:
    """Opens the tar stream, with the compression that its first bytes show."""
    start = packed.read(6)
    packed.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=packed))
    if start.startswith(b"BZh"):
        return cast("IO[bytes]", bz2.BZ2File(packed))
    if start.startswith(b"\xfd7zXZ\x00"):
        return cast("IO[bytes]", lzma.LZMAFile(packed))
    return packed


class BudgetedStream(io.RawIOBase):
    """A stream that ends with an error when more comes out of it than any class packs."""

    def __init__(self, stream: IO[bytes], path: Path, limit: int) -> None:
        super().__init__()
        self._stream, self._path, self._limit = stream, path, limit
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        # Counted as it unpacks: a compressed tar doesn't say beforehand how large it is.
        self._left -= len(data)
        if self._left < 0:
            raise ArchiveError(self._path, f"unpacks to more than {self._limit // 1_000_000_000} GB; hand over a part at a time")
        return data
