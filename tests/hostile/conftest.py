"""A course, a home and a class around one hostile submission: what it may not read, and what must stay as it is."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import msgspec
import psutil
import pytest
from hostile_files import CANARY

from grader.checks import loading
from grader.courses.course import Course
from grader.engines.pool import open_pool
from grader.grading import GradingOptions, grade

collect_ignore = ["cases"]  # data: some are called test_*.py, and pytest would run them
HERE = Path(__file__).parent
SLEEP = "61.73"  # seconds that a case's processes sleep; here with this process's own digits, to know them by
MARK = f"{SLEEP}{os.getpid()}"
LABELS = getattr(os, "listxattr", lambda path: [])


class World:
    """Folders around a submission.

    Args:
        folder: for all of them.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.course = folder / "course"
        self.home = folder / "home"
        self.read_outside_value = folder / "class"
        self.scratch = folder / "tmp"
        shutil.copytree(HERE / "course", self.course)
        for made in (self.home, self.read_outside_value, self.scratch):
            made.mkdir()
        (self.course / "roster.csv").write_text(f"{CANARY}in the course's roster\n")
        (self.read_outside_value / "roster.csv").write_text(f"{CANARY}in the class's roster\n")
        (self.read_outside_value / "neighbour.py").write_text(f"# {CANARY}in another submission\n")
        (self.home / ".secret").write_text(f"{CANARY}at home\n")
        self.read_outside_value.chmod(0o777)

    def fill(self, text: str) -> str:
        """A case's text with the folders in it, and with the mark of this test run."""
        for word, place in (("@COURSE@", self.course), ("@HOME@", self.home), ("@OUTSIDE@", self.read_outside_value)):
            text = text.replace(word, str(place))
        return text.replace(SLEEP, MARK)

    def seen(self) -> dict[str, tuple[bytes, int, int, list[str]]]:
        """Everything in the folders that must not change: content, mode, time and labels."""
        found = {}
        for top in (self.course, self.home, self.read_outside_value):
            for path in (top, *sorted(top.rglob("*"))):
                status = path.stat()
                content = path.read_bytes() if path.is_file() else b""
                found[str(path)] = (content, status.st_mode, status.st_mtime_ns, LABELS(path))
        return found

    def strays(self) -> list[str]:
        """Processes that a submission has left behind."""
        commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
        return [" ".join(command) for command in commands if MARK in command]

    def left_over(self) -> list[str]:
        """Scratch folders that weren't removed."""
        return [name for name in os.listdir(self.scratch) if name.startswith("grade-") and "nursery" not in name]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The folders, and an environment with a secret in it; both for one test file, whose process then goes on to others."""
    made = World(tmp_path_factory.mktemp("world"))
    patch = pytest.MonkeyPatch()
    patch.setenv("HOME", str(made.home))
    patch.setenv("GRADE_SECRET_TOKEN", f"{CANARY}in the environment")
    for trusted in ("KERAS_HOME", "XDG_CACHE_HOME"):  # where the grader's own libraries write what they need
        patch.setenv(trusted, str(tmp_path_factory.mktemp(trusted.lower())))
    patch.setenv("MPLCONFIGDIR", str(tmp_path_factory.mktemp("matplotlib")))
    patch.setenv("GRADE_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.setattr(tempfile, "tempdir", str(made.scratch))
    yield made
    patch.undo()


@pytest.fixture(scope="module")
def warm(world):
    """Processes for many submissions, kept warm as for a class."""
    with open_pool(1) as made:
        yield made


@pytest.fixture(scope="module")
def graded(world, warm):
    """Grades a case with the real processes; returns the verdict, its JSON text and the seconds it took."""

    def run(case, *, start=None, sandbox="auto"):
        folder = world.root / "handed-in"
        folder.mkdir(exist_ok=True)
        path = folder / "submission.py"
        path.write_text(world.fill(case.text), encoding="utf-8")
        course = Course(root=world.course)
        began = time.monotonic()
        options = GradingOptions(start=start or warm.start_pair, sandbox=sandbox, device="cpu")
        verdict = grade(course, loading.load_exercise(course, case.exercise), path, options)
        return verdict, msgspec.json.encode(verdict).decode(), time.monotonic() - began

    return run
