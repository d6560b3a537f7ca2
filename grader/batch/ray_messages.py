"""What a batch and the workers of a Ray cluster say to each other: bytes, decoded into these types, never pickles.

A node needs no files of ours: it is sent the exercises that it grades, and each submission.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, structs

from grader import __version__, settings
from grader.course import FILE, PACKAGE, Course
from grader.engines.trainer import Backend, Device
from grader.exercise import Exercise
from grader.grading import Graded, Options
from grader.grading.known import LIBRARIES
from grader.importing import find_version

# Where a node keeps what it has trained; the same for all nodes where it is a folder that all of them see.
FORWARDED = ("GRADE_CACHE", "GRADE_CACHE_LIMIT", "GRADE_DEBUG")


class Setup(Struct, frozen=True, kw_only=True):
    """What a worker is started with: the course's files by relative path, and settings of its environment."""

    files: dict[str, bytes]
    environment: dict[str, str]


class Hello(Struct, frozen=True, kw_only=True):
    """What a machine grades with: verdicts of two machines are alike where these are."""

    host: str
    versions: dict[str, str]


class Choices(Struct, frozen=True, kw_only=True):
    """The options of a batch that a verdict depends on; see `Options`."""

    seed: int | None
    time_limit_s: float | None
    device: Device
    backend: Backend
    train: bool
    fresh: bool
    sandbox: Literal["auto", "strict", "off"]
    until: Literal["end", "probe"]


class Asked(Struct, frozen=True, kw_only=True):
    """One submission to grade; the file's name as the system has it, which may not be UTF-8."""

    exercise: str
    name: bytes
    source: bytes
    choices: Choices


class Answer(Struct, frozen=True, kw_only=True):
    """How it ended: a verdict with its runs, or what is wrong with the file, or with the machine."""

    graded: Graded | None = None
    wrong: str = ""
    fault: str = ""


def setup(course: Course, exercises: Iterable[Exercise]) -> Setup:
    """What a worker needs of a course to grade these exercises; none of the students' names."""
    places = [folder / each.id for each in exercises for folder in (course.root / "exercises", course.solutions)]
    files = {
        f"{path.parent.parent.name}/{path.parent.name}/{path.name}": path.read_bytes()
        for place in places
        for path in sorted(place.glob("*"))
        if path.is_file()
    }
    dialect = settings.load(course).dialect
    files[FILE] = f"schema: grade-course/1\ndialect: {dialect}\n".encode()
    environment = {name: os.environ[name] for name in FORWARDED if name in os.environ}
    return Setup(files=files, environment=environment)


def lay_down(made: Setup, folder: Path) -> Course:
    """The course again, in a folder of a worker's own."""
    for name, body in made.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return Course(root=folder)


def choices(options: Options) -> Choices:
    """The choices among a batch's options."""
    return Choices(**{name: getattr(options, name) for name in Choices.__struct_fields__})


def hello() -> Hello:
    """What this machine grades with."""
    versions = {"python": platform.python_version(), "grade": f"{__version__} ({_program()})"}
    versions |= {name: find_version(name) or "none" for name in LIBRARIES}
    return Hello(host=platform.node(), versions=versions)


def difference(theirs: Hello, ours: Hello) -> str:
    """What of theirs isn't as ours, as a sentence; empty where all is."""
    for name, version in ours.versions.items():
        if theirs.versions.get(name) != version:
            return (f"{theirs.host} has {name} {theirs.versions.get(name)}, and this machine {version}; verdicts could "
                    "differ, so nothing is graded there: install the same on both")  # fmt: skip
    return ""


def encoded(answer: Answer) -> bytes:
    """An answer as MessagePack; without its runs where a value in them can't be told."""
    try:
        return msgspec.msgpack.encode(answer)
    except (UnicodeError, OverflowError, TypeError):
        assert answer.graded is not None
        return msgspec.msgpack.encode(structs.replace(answer, graded=structs.replace(answer.graded, runs=[])))


def _program() -> str:
    """The grader itself, by its text."""
    hasher = hashlib.blake2b(digest_size=4)
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("course/"):  # a wheel has the course inside
            hasher.update(name.encode() + path.read_bytes())
    return hasher.hexdigest()
