"""`grade show EXERCISE`: what the exercise asks for, in the terminal."""

import os
import re
import shutil
import sys
from pathlib import Path

import pexpect
import pytest

from grader import cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    return tmp_path


def test_a_pipe_gets_the_readme_as_it_is(capsys):
    """For `less`, or a file; what to do next isn't part of it."""
    assert cli.run_command_line(["show", "pooling"]) == 0
    said = capsys.readouterr()

    assert said.out == (ROOT / "exercises" / "pooling" / "README.md").read_text() + "\n"
    assert "grade new pooling" in said.err


def test_who_has_begun_is_told_to_go_on(place, capsys):
    """`grade new` would refuse, as the file is there."""
    (place / "pooling.py").write_text("x = 1")
    cli.run_command_line(["show", "pooling"])

    assert "grade watch pooling.py" in capsys.readouterr().err


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_gets_it_laid_out(columns):
    """Without the marks of Markdown, and no line wider than the terminal."""
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    child = pexpect.spawn(str(Path(sys.executable).with_name("grade")), ["show", "pooling"], env=environment, dimensions=(50, columns), encoding="utf-8", timeout=60)
    child.expect(pexpect.EOF)
    lines = re.sub(r"\x1b\[[\d;]*m", "", child.before).splitlines()

    assert not [line for line in lines if line.startswith(("# ", "## "))]
    assert max(map(len, lines[: lines.index(next(line for line in lines if line.startswith("To begin")))])) <= columns


def test_a_readme_cant_steer_the_terminal(place, monkeypatch, capsys):
    """Whoever wrote it."""
    shutil.copytree(ROOT / "exercises" / "pooling", place / "course" / "exercises" / "pooling")
    (place / "course" / "exercises" / "pooling" / "README.md").write_text("# a\x1b]0;x\x07\n")
    monkeypatch.setenv("GRADE_COURSE", str(place / "course"))

    assert cli.run_command_line(["show", "pooling"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_missing_readme_is_the_courses_fault(place, monkeypatch, capsys):
    """With the file's name."""
    shutil.copytree(ROOT / "exercises" / "pooling", place / "course" / "exercises" / "pooling")
    (place / "course" / "exercises" / "pooling" / "README.md").unlink()
    monkeypatch.setenv("GRADE_COURSE", str(place / "course"))

    assert cli.run_command_line(["show", "pooling"]) == 3
    assert "exercises/pooling/README.md:1:1" in capsys.readouterr().err
