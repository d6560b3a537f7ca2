"""What a batch and the workers of a Ray cluster say to each other: bytes, decoded into these types, never pickles.

A node needs no files of ours: it is sent the exercises that it grades, and each submission.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, structs

from grader import __version__
from grader.courses import settings
from grader.courses.course import FILE, PACKAGE_FOLDER, Course
from grader.courses.datasets import DESCRIPTION_FILE, name_held_out_file
from grader.courses.exercise import Exercise
from grader.courses.image_folders import list_public_files
from grader.engines.forking import find_version
from grader.engines.trainer import Backend, Device
from grader.grading import GradedSubmission, GradingOptions
from grader.grading.known import KEYED_LIBRARIES

# Where a node keeps what it has trained; the same for all nodes where it is a folder that all of them see.
FORWARDED_VARIABLES = ("GRADE_CACHE", "GRADE_CACHE_LIMIT", "GRADE_DEBUG")


class WorkerSetup(Struct, frozen=True, kw_only=True):
    """What a worker is started with: the course's files by relative path, and settings of its environment."""

    files: dict[str, bytes]
    environment: dict[str, str]


class MachineVersions(Struct, frozen=True, kw_only=True):
    """What a machine grades with: verdicts of two machines are alike where these are."""

    host: str
    versions: dict[str, str]


class VerdictOptions(Struct, frozen=True, kw_only=True):
    """The options of a batch that a verdict depends on; see `GradingOptions`."""

    seed: int | None
    time_limit_s: float | None
    device: Device
    backend: Backend
    train: bool
    fresh: bool
    sandbox: Literal["auto", "strict", "off"]
    until: Literal["end", "probe"]


class GradingRequest(Struct, frozen=True, kw_only=True):
    """One submission to grade; the file's name as the system has it, which may not be UTF-8."""

    exercise: str
    name: bytes
    source: bytes
    choices: VerdictOptions


class GradingAnswer(Struct, frozen=True, kw_only=True):
    """How it ended: a verdict with its runs, or what is wrong with the file, or with the machine."""

    graded: GradedSubmission | None = None
    wrong: str = ""
    fault: str = ""


def build_worker_setup(course: Course, exercises: Iterable[Exercise]) -> WorkerSetup:
    """What a worker needs of a course to grade these exercises; none of the students' names."""
    asked = list(exercises)
    places = [folder / each.id for each in asked for folder in (course.root / "exercises", course.solutions)]
    files = {
        path.relative_to(course.root).as_posix(): path.read_bytes()
        for place in places
        for path in sorted(place.glob("*"))
        if path.is_file()
    } | _read_datasets(course, asked)
    dialect = settings.load_settings(course).dialect
    # Only the policy on dialects: `course.yaml` names students with extensions, and they stay here.
    files[FILE] = f"schema: grade-course/1\ndialect: {dialect}\n".encode()
    environment = {name: os.environ[name] for name in FORWARDED_VARIABLES if name in os.environ}
    return WorkerSetup(files=files, environment=environment)


def _read_datasets(course: Course, exercises: Sequence[Exercise]) -> dict[str, bytes]:
    """The datasets of the course's own, with their secret splits, and nothing else that lies beside these."""
    found = {each.source.about.id: each.source for each in exercises if each.source is not None}
    files: dict[str, bytes] = {}
    for name, source in found.items():
        folder, secret = course.root / "datasets" / name, course.solutions / "datasets" / name
        public = (DESCRIPTION_FILE, *list_public_files(source.about, Path(source.folder)))
        paths = [folder / file for file in public]
        if source.held_out:
            paths.append(secret / name_held_out_file(source.about))
        files |= {path.relative_to(course.root).as_posix(): path.read_bytes() for path in paths}
    return files


def write_course(made: WorkerSetup, folder: Path) -> Course:
    """The course again, in a folder of a worker's own."""
    for name, body in made.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return Course(root=folder)


def select_verdict_options(options: GradingOptions) -> VerdictOptions:
    """The choices among a batch's options."""
    return VerdictOptions(**{name: getattr(options, name) for name in VerdictOptions.__struct_fields__})


def describe_versions() -> MachineVersions:
    """What this machine grades with."""
    versions = {"python": platform.python_version(), "grade": f"{__version__} ({_hash_program()})"}
    versions |= {name: find_version(name) or "none" for name in KEYED_LIBRARIES}
    return MachineVersions(host=platform.node(), versions=versions)


def describe_difference(theirs: MachineVersions, ours: MachineVersions) -> str:
    """What of theirs isn't as ours, as a sentence; empty where all is."""
    for name, version in ours.versions.items():
        if theirs.versions.get(name) != version:
            return (f"{theirs.host} has {name} {theirs.versions.get(name)}, and this machine {version}; verdicts could "
                    "differ, so nothing is graded there: install the same on both")  # fmt: skip
    return ""


def encode_answer(answer: GradingAnswer) -> bytes:
    """An answer as MessagePack; without its runs where a value in them can't be told."""
    try:
        return msgspec.msgpack.encode(answer)
    except (UnicodeError, OverflowError, TypeError):
        assert answer.graded is not None
        # The verdict still counts; only a later regrade needs the runs.
        return msgspec.msgpack.encode(structs.replace(answer, graded=structs.replace(answer.graded, runs=[])))


def _hash_program() -> str:
    """The grader itself, by its text."""
    hasher = hashlib.blake2b(digest_size=4)
    for path in sorted(PACKAGE_FOLDER.rglob("*.py")):
        name = path.relative_to(PACKAGE_FOLDER).as_posix()
        if not name.startswith("course/"):  # a wheel has the course inside
            hasher.update(name.encode() + path.read_bytes())
    return hasher.hexdigest()
