"""The guide for authors, done as it says."""

import re
import shutil
from pathlib import Path

import pytest

from grader import cli
from grader.checks import CHECKS

GUIDE = (Path(__file__).parents[2] / "docs" / "authoring.md").read_text(encoding="utf-8")
FILES = re.compile(r"`((?:exercises|solutions)/one_hot/[\w/.]+)`\n\n```(?:yaml|python)\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"^grade (.+)$", re.MULTILINE)


@pytest.mark.train
def test_an_exercise_made_by_the_guide_holds(tmp_path, monkeypatch, capsys):
    """Its commands and files, one after the other, give an exercise whose every promise holds."""
    for folder in ("exercises", "quizzes", "solutions"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path))
    shells = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    first, last = ([command.split() for command in COMMANDS.findall(shell)] for shell in shells)

    assert [cli.run_command_line(command) for command in first] == [0, 0]
    shutil.rmtree(tmp_path / "solutions" / "one_hot" / "rejects")
    for name, text in FILES.findall(GUIDE):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    codes = [cli.run_command_line(command) for command in last]

    said = capsys.readouterr().out
    assert codes == [0, 0], said
    assert said.endswith("11 promises, none broken\n")
    assert len(FILES.findall(GUIDE)) == 8


def test_the_guide_names_every_check_of_behaviour():
    """With each of its arguments."""
    for name, check in CHECKS.items():
        if name.startswith("behaviour."):
            row = re.search(rf"^\| `{re.escape(name)}` \|(.*)$", GUIDE, re.MULTILINE)
            assert row, name
            assert [argument for argument in check.arguments if f"`{argument}`" not in row[1]] == []
