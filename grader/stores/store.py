"""A store of what was computed once: entries by content key, each a folder of small files that prove themselves.

Every file carries a digest of its content and appears whole or not at all, so many processes may share a store and
any of them may be killed at any moment. What doesn't prove itself is dropped, never believed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from grader.stores.cache_folders import is_own_folder, list_cache_folders
from grader.stores.filing import write_whole

FILE_MAGIC = b"grade-store/1\n"
DIGEST_BYTES = 32
DEFAULT_LIMIT_BYTES = 4_000_000_000
LIMIT_VARIABLE = "GRADE_CACHE_LIMIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreEntry:
    """One entry: its key, its size in bytes, when it was used last (seconds since 1970)."""

    key: str
    size: int
    used_s: float


class Store:
    """The entries of one kind (`trajectories`, `verdicts`).

    Args:
        kind: the folder's name below the cache folder.
        limit_bytes: the size that `prune_entries` keeps; None is `GRADE_CACHE_LIMIT`, else 4 GB.
    """

    def __init__(self, kind: str, limit_bytes: int | None = None) -> None:
        self.kind = kind
        named = os.environ.get(LIMIT_VARIABLE, "")
        given = int(named) if named.isdigit() else DEFAULT_LIMIT_BYTES
        self.limit_bytes = given if limit_bytes is None else limit_bytes

    def read_file(self, key: str, name: str) -> bytes | None:
        """A file's content; None where there is none, or where it doesn't prove itself (its entry is then dropped)."""
        for folder in self._iter_folders():
            path = folder / key / name
            try:
                framed = path.read_bytes()
            except OSError:
                continue
            body = framed[len(FILE_MAGIC) + DIGEST_BYTES :]
            if framed[: len(FILE_MAGIC) + DIGEST_BYTES] == FILE_MAGIC + _compute_digest(body):
                with contextlib.suppress(OSError):
                    # The folder's time is when its entry was used last, which `prune_entries` goes by.
                    os.utime(folder / key)
                return body
            self.drop_entry(key)
        return None

    def write_file(self, key: str, name: str, body: bytes) -> bool:
        """Puts a file into an entry; False where no folder takes it (a full disk, no permission)."""
        for folder in self._iter_folders(make=True):
            with contextlib.suppress(OSError):
                (folder / key).mkdir(exist_ok=True, mode=0o700)
                write_whole(folder / key / name, FILE_MAGIC + _compute_digest(body) + body, mode=0o600)
                return True
        return False

    def remove_file(self, key: str, name: str) -> None:
        """Removes one file of an entry."""
        for folder in self._iter_folders():
            with contextlib.suppress(OSError):
                (folder / key / name).unlink()

    def drop_entry(self, key: str) -> None:
        """Removes an entry from every folder."""
        for folder in self._iter_folders():
            shutil.rmtree(folder / key, ignore_errors=True)

    def list_entries(self) -> list[StoreEntry]:
        """What is stored, the longest unused first."""
        found = []
        for folder in self._iter_folders():
            for path in folder.iterdir():
                if path.is_dir() and not path.name.startswith("."):
                    with contextlib.suppress(OSError):  # somebody else has just removed it
                        size = sum(file.stat().st_size for file in path.iterdir())
                        found.append(StoreEntry(key=path.name, size=size, used_s=path.stat().st_mtime))
        return sorted(found, key=lambda entry: entry.used_s)

    def prune_entries(self) -> int:
        """Drops the longest unused entries until the rest fits `limit_bytes`; returns how many."""
        entries = self.list_entries()
        total, dropped = sum(entry.size for entry in entries), 0
        for entry in entries:
            if total <= self.limit_bytes:
                break
            self.drop_entry(entry.key)
            total -= entry.size
            dropped += 1
        return dropped

    def clear_entries(self) -> int:
        """Drops everything; returns how many entries there were."""
        entries = self.list_entries()
        for entry in entries:
            self.drop_entry(entry.key)
        return len(entries)

    @contextlib.contextmanager
    def lock_entry(self, key: str, wait_s: float) -> Iterator[bool]:
        """Holds an entry for writing; yields False where somebody else still held it after `wait_s` seconds.

        The lock dies with the process that holds it.
        """
        for folder in self._iter_folders(make=True):
            lock = FileLock(folder / ".locks" / f"{key}.lock", timeout=wait_s)
            try:
                (folder / ".locks").mkdir(exist_ok=True, mode=0o700)
                lock.acquire()
            except Timeout:
                yield False
                return
            except OSError:
                continue
            with lock:
                lock.release()  # `with` took it a second time
                yield True
            return
        # No folder can hold a lock, and to do the work twice is better than not at all.
        yield True

    def find_marker(self, key: str) -> Path | None:
        """A file beside an entry's lock, in which its holder can tell something to those who wait; None without a folder."""
        folder = next(self._iter_folders(make=True), None)
        return None if folder is None else folder / ".locks" / f"{key}.marker"

    def _iter_folders(self, *, make: bool = False) -> Iterator[Path]:
        for base in list_cache_folders():
            folder = base / self.kind
            with contextlib.suppress(OSError):
                if make:
                    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                if folder.is_dir() and is_own_folder(base) and is_own_folder(folder):
                    yield folder


def _compute_digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=DIGEST_BYTES).digest()
