"""Verdicts that were reached before: the same file, exercise, course, grader and choices give the same verdict."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from grader.courses import settings
from grader.courses.course import PACKAGE_FOLDER, Course
from grader.courses.exercise import Exercise
from grader.engines.forking import find_version
from grader.grading.options import GradingOptions
from grader.records.run import Run
from grader.records.verdict import Note, Verdict
from grader.stores.store import Store
from grader.submission import Submission

VERDICT_STORE = "verdicts"
ENTRY_NAME = "verdict"
# Raised when a stored verdict must no longer be believed: until 1, the user's own settings could spoil a training.
SCHEMA = 2
KEYED_LIBRARIES = ("keras", "tensorflow", "jax", "numpy")
# After a verdict whose key begins so, one in sixteen, the store is looked through, which takes longer the more is in it.
PRUNING_PREFIX = "0"
# How these runs ended depends on the machine and its load: another try may end otherwise.
UNREPEATABLE_ENDS = ("out_of_memory",)


class GradedSubmission(Struct, frozen=True, kw_only=True):
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
                    "`--fresh` grades it again")  # fmt: skip
        return structs.replace(self.verdict, notes=[*self.verdict.notes, note])


def load_known_verdict(key: str, path: str, *, timed_out: bool = False) -> GradedSubmission | None:
    """Loads the stored verdict, with `path` as its file; None if there is none.

    Args:
        timed_out: also one on a file that ran out of time, which another try on a quieter machine may not do.
    """
    body = Store(VERDICT_STORE).read_file(key, ENTRY_NAME)
    if body is None:
        return None
    try:
        graded = msgspec.msgpack.decode(body, type=GradedSubmission)
    except msgspec.DecodeError:  # another version's
        return None
    if graded.verdict.end == "timed_out" and not timed_out:
        return None
    # The key holds the file's content and name, not its folder: the path is that of the file at hand.
    reference = structs.replace(graded.verdict.submission, path=path)
    return structs.replace(graded, verdict=structs.replace(graded.verdict, submission=reference), recalled=True)


def store_verdict(key: str, graded: GradedSubmission) -> None:
    """Stores a verdict that would be the same another time."""
    killed = any(run.end.kind == "crashed" and not run.end.traceback for run in graded.runs)  # by the system, it may be
    # Storing one of these would repeat a fault of the machine until somebody asks for a fresh verdict.
    if graded.verdict.status == "error" or graded.verdict.end in UNREPEATABLE_ENDS or killed:
        return
    store = Store(VERDICT_STORE)
    store.write_file(key, ENTRY_NAME, msgspec.msgpack.encode(graded))
    if key.startswith(PRUNING_PREFIX):
        store.prune_entries()


def format_now() -> str:
    """The present time, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def make_verdict_key(course: Course, exercise: Exercise, source: Submission, options: GradingOptions) -> str:
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
    # The verdict on a file that answers another edition says so, by that one's names.
    folders = [course.root / "exercises" / name for name in (exercise.id, *exercise.editions)]
    folders.append(course.solutions / exercise.id)
    parts = [
        source.sha256,
        # Tracebacks and messages contain the file's name.
        source.name,
        _hash_files([path for folder in folders for path in _list_files(folder)]),
        settings.load_settings(course).dialect,
        _hash_program(),
        SCHEMA,
        chosen,
    ]
    # The description's own words are shown too, such as its title; where the data lies is not, and its digests are there.
    if exercise.source is not None:
        parts.append(msgspec.json.encode(structs.replace(exercise.source, folder="", held_out="")).decode())
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=20).hexdigest()


def _list_files(folder: Path) -> list[Path]:
    """Lists the files that a verdict depends on: specification, stub, cases, reference; not the example answers."""
    return sorted(path for path in folder.glob("*") if path.is_file())


def _hash_files(paths: list[Path]) -> str:
    hasher = hashlib.blake2b(digest_size=20)
    for path in paths:
        if path.is_file():
            hasher.update(f"{path.name} {path.stat().st_size} ".encode())
            hasher.update(path.read_bytes())
    return hasher.hexdigest()


def _hash_program() -> str:
    """The grader itself, by its files' times and sizes, and the libraries that train."""
    stats = [(path.name, path.stat()) for path in sorted(PACKAGE_FOLDER.rglob("*.py"))]
    # Times and sizes instead of contents: hashing the whole package would take longer than looking a verdict up.
    told = [(name, status.st_mtime_ns, status.st_size) for name, status in stats]
    versions = [find_version(name) for name in KEYED_LIBRARIES]
    return hashlib.blake2b(json.dumps([told, versions]).encode(), digest_size=20).hexdigest()
