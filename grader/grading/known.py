"""Verdicts that were reached before: the same file, exercise, course, grader and choices give the same verdict."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from grader import settings
from grader.course import PACKAGE, Course
from grader.exercise import Exercise
from grader.grading.options import Options
from grader.importing import find_version
from grader.run import Run
from grader.store import Store
from grader.submission import Submission
from grader.verdict import Note, Verdict

KIND = "verdicts"
NAME = "verdict"
# Raised when a stored verdict must no longer be believed: until 1, the user's own settings could spoil a training.
SCHEMA = 2
LIBRARIES = ("keras", "tensorflow", "jax", "numpy")
# After a verdict whose key begins so, one in sixteen, the store is looked through, which takes longer the more is in it.
SOMETIMES = "0"
# How these runs ended depends on the machine and its load: another try may end otherwise.
NOT_FOR_GOOD = ("timed_out", "out_of_memory")


class Graded(Struct, frozen=True, kw_only=True):
    """A verdict, the runs that it was judged from, and when, in ISO 8601; `recalled` where that was an earlier time."""

    verdict: Verdict
    runs: list[Run]
    at: str
    recalled: bool = False

    @property
    def shown(self) -> Verdict:
        """The verdict, with a note where it was reached before."""
        if not self.recalled:
            return self.verdict
        note = Note(line=None, message=f"graded on {self.at[:16].replace('T', ' ')} UTC, and nothing has changed since; "
                    "--fresh grades anew")  # fmt: skip
        return structs.replace(self.verdict, notes=[*self.verdict.notes, note])


def recall(key: str, path: str) -> Graded | None:
    """The stored verdict, told of the file at `path`; None where there is none."""
    body = Store(KIND).read(key, NAME)
    if body is None:
        return None
    try:
        graded = msgspec.msgpack.decode(body, type=Graded)
    except msgspec.DecodeError:  # another version's
        return None
    reference = structs.replace(graded.verdict.submission, path=path)
    return structs.replace(graded, verdict=structs.replace(graded.verdict, submission=reference), recalled=True)


def keep(key: str, graded: Graded) -> None:
    """Stores a verdict that would be the same another time."""
    killed = any(run.end.kind == "crashed" and not run.end.traceback for run in graded.runs)  # by the system, it may be
    if graded.verdict.status == "error" or graded.verdict.end in NOT_FOR_GOOD or killed:
        return
    store = Store(KIND)
    store.write(key, NAME, msgspec.msgpack.encode(graded))
    if key.startswith(SOMETIMES):
        store.evict()


def now() -> str:
    """The present time, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def key(course: Course, exercise: Exercise, source: Submission, options: Options) -> str:
    """Everything that a verdict depends on, as one key."""
    chosen = {
        "seed": options.seed,
        "time_limit": options.time_limit_s,
        "device": options.device,
        "backend": options.backend,
        "train": options.train,
        "until": options.until,
        "sandbox": options.sandbox,
    }
    folders = [course.root / "exercises" / exercise.id, course.solutions / exercise.id]
    parts = [
        source.sha256,
        source.name,
        _content([path for folder in folders for path in _files(folder)]),
        settings.load(course).dialect,
        _program(),
        SCHEMA,
        chosen,
    ]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=20).hexdigest()


def _files(folder: Path) -> list[Path]:
    """What a verdict may rest on: the specification, the stub, cases, the reference; not the answers to try."""
    return sorted(path for path in folder.glob("*") if path.is_file())


def _content(paths: list[Path]) -> str:
    hasher = hashlib.blake2b(digest_size=20)
    for path in paths:
        if path.is_file():
            hasher.update(f"{path.name} {path.stat().st_size} ".encode())
            hasher.update(path.read_bytes())
    return hasher.hexdigest()


def _program() -> str:
    """The grader itself, by its files' times and sizes, and the libraries that train."""
    stats = [(path.name, path.stat()) for path in sorted(PACKAGE.rglob("*.py"))]
    told = [(name, status.st_mtime_ns, status.st_size) for name, status in stats]
    versions = [find_version(name) for name in LIBRARIES]
    return hashlib.blake2b(json.dumps([told, versions]).encode(), digest_size=20).hexdigest()
