"""What arrives in a folder, such as a synced one: each file, folder or archive once it is whole, in the order of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from grader.batch.file_names import find_kind, is_archive_name
from grader.batch.sources.members import SourceFile, walk_folder
from grader.errors import UsageError

EVERY_S = 1.0
# What syncing and downloading programs call a file that isn't whole yet.
UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart")
Stamp = tuple[tuple[str, int, int], ...]


class Follower:
    """The arrivals of a folder.

    Args:
        folder: where they come.
        settle_s: for how long a file has to stay as it is before it counts as whole.
        clock: seconds that only grow.
    """

    def __init__(self, folder: Path, settle_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        if not folder.is_dir():
            raise UsageError(f"{folder}: --follow needs a folder")
        self.folder, self.settle_s, self.clock = folder, settle_s, clock
        self._seen: dict[str, tuple[Stamp, float]] = {}
        self._handed_on: dict[str, Stamp] = {}

    def poll(self) -> list[Path]:
        """What is whole now and wasn't handed on as it is; the earliest first."""
        now = self.clock()
        stamps = {entry: stamp for entry in self._list() if (stamp := self._stamp(entry))}
        # What has gone may come again, and then has to settle anew.
        self._seen = {name: seen for name, seen in self._seen.items() if name in stamps}
        for name, stamp in stamps.items():
            # Any change starts the waiting anew: a slow upload grows for a long time.
            if self._seen.get(name, (None, 0.0))[0] != stamp:
                self._seen[name] = (stamp, now)
        ready = [
            name
            for name, stamp in stamps.items()
            if self._handed_on.get(name) != stamp and now - self._seen[name][1] >= self.settle_s
        ]
        # By its stamp: a file that is handed in again in a new version is handed on again.
        self._handed_on |= {name: stamps[name] for name in ready}
        ready.sort(key=lambda name: (max(changed for _, _, changed in stamps[name]), name))
        return [self.folder / name for name in ready]

    def is_waiting(self) -> bool:
        """Whether something has come that isn't handed on yet."""
        return any(self._handed_on.get(name) != stamp for name, (stamp, _) in self._seen.items())

    def _list(self) -> list[str]:
        try:
            names = [path.name for path in self.folder.iterdir()]
        except OSError:  # a share that is gone for a while
            return []
        return [name for name in names if not name.startswith((".", "~")) and name != "__MACOSX"]

    def _stamp(self, name: str) -> Stamp:
        """Sizes and times of what is to be graded; empty where nothing is, or something isn't whole."""
        path = self.folder / name
        below = walk_folder(path) if path.is_dir() and not path.is_symlink() else [SourceFile(name=name, path=path)]
        found = []
        try:
            for member in below:
                if isinstance(member, str):
                    continue
                if member.name.lower().endswith(UNFINISHED):
                    return ()
                if member.path is not None and (find_kind(member.name) or is_archive_name(member.name)):
                    known = member.path.lstat()
                    # Many programs make an empty file first and fill it later.
                    if not known.st_size:
                        return ()
                    found.append((member.name, known.st_size, known.st_mtime_ns))
        except (OSError, UsageError):
            return ()
        return tuple(sorted(found))


def follow(follower: Follower, idle_s: float | None, pause: Callable[[float], None] = time.sleep) -> Iterator[list[Path]]:
    """Arrivals as they come, for ever, or until nothing has come for a while.

    Args:
        idle_s: how long that is.
        pause: waits some seconds.
    """
    last_s = follower.clock()
    while True:
        ready = follower.poll()
        if ready:
            yield ready
            last_s = follower.clock()
        elif follower.is_waiting():
            last_s = follower.clock()
        elif idle_s is not None and follower.clock() - last_s >= idle_s:
            return
        pause(EVERY_S)
