"""The page on data of one's own, done as it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader import cli

pytestmark = pytest.mark.train

GUIDE = (Path(__file__).parents[2] / "docs" / "own-data.md").read_text(encoding="utf-8")
FILES = re.compile(r"`(datasets/marks/[\w.]+)`\n\n```(?:yaml|python)\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"^grade (.+)$", re.MULTILINE)
CHANGES = re.findall(r"`([^`]+)`\s+by\s+`([^`]+)`", GUIDE)


def test_a_course_made_by_the_guide_holds(tmp_path, monkeypatch, capsys):
    """Its commands and files, one after the other, give an exercise on a dataset of one's own that holds."""
    first, second, last = (
        [command.split() for command in COMMANDS.findall(shell)]
        for shell in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADE_COURSE", raising=False)
    assert [cli.run_command_line(command) for command in first] == [0]
    course = tmp_path / "my-course"
    monkeypatch.chdir(course)

    for name, text in FILES.findall(GUIDE):
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text(text, encoding="utf-8")
    packed = subprocess.run([sys.executable, "datasets/marks/pack.py"], capture_output=True, text=True, check=True)
    description = course / "datasets/marks/dataset.yaml"
    description.write_text(description.read_text().replace("0" * 64, packed.stdout.split()[-1]))
    assert [cli.run_command_line(command) for command in second] == [0]
    assert len(CHANGES) == 3
    for path in [*course.glob("exercises/bars/*"), *course.glob("solutions/bars/**/*.py")]:
        text = path.read_text()
        for old, new in CHANGES:
            text = text.replace(old, new)
        path.write_text(text)
    codes = [cli.run_command_line(command) for command in last]

    said = capsys.readouterr()
    assert codes == [0, 0], said
    assert said.out.splitlines()[-1].endswith("none broken")
