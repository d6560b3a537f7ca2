"""What the quiz tests share: the command line, and a place for attempts."""

import os
import subprocess
from types import SimpleNamespace

import pytest
from quiz_places import PROGRAM, REPOSITORY

from grader import cli


@pytest.fixture
def environment(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRADE_")}
    return {
        **kept, "GRADE_COURSE": str(REPOSITORY), "GRADE_STATE": str(tmp_path / "state"), "PYTHONPATH": str(REPOSITORY),
        "COLUMNS": "80", "TERM": "xterm",
    }  # fmt: skip


@pytest.fixture
def grade(tmp_path, environment):
    """Runs a command line in an empty folder."""

    def run(*args, stdin="", env=None):
        command = [*PROGRAM, *map(str, args)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment | (env or {}), input=stdin, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def inside(tmp_path, environment, monkeypatch, capsys):
    """As `grade`, in this process: quick, for what needs no process of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*args, env=None):
        with monkeypatch.context() as now:
            for name, value in (environment | (env or {})).items():
                now.setenv(name, value)
            capsys.readouterr()
            code = cli.run_command_line([*map(str, args)])
        said = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=said.out, stderr=said.err)

    return run
