"""The course that this repository holds, and a way to call commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader import cli
from grader.courses.course import Course

ROOT = Path(__file__).parents[2]


@pytest.fixture
def course() -> Course:
    """The repository's own course."""
    return Course(root=ROOT)


@pytest.fixture
def grade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs `grade ...` in an empty folder with the repository's course: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*args: str) -> tuple[int, str, str]:
        code = cli.run_command_line(list(args))
        return code, *capsys.readouterr()

    return run
