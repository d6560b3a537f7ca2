"""The page on sequences of one's own, tried as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import GradingOptions, grade

GUIDE = (Path(__file__).parents[2] / "docs" / "own-sequences.md").read_text(encoding="utf-8")
FILES = re.compile(r"`((?:datasets|exercises|solutions)/messages/[\w.]+)`\n\n```(?:yaml|python)\n(.*?)```", re.DOTALL)


@pytest.mark.train
def test_sequences_by_the_guide_are_graded(tmp_path, warm):
    """Its files make an exercise whose solution passes."""
    for name, text in FILES.findall(GUIDE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    packed = subprocess.run(
        [sys.executable, "datasets/messages/pack.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    description = tmp_path / "datasets/messages/dataset.yaml"
    description.write_text(description.read_text().replace("0" * 64, packed.stdout.strip()))
    course = Course(root=tmp_path)

    exercise = load_exercise(course, "messages")
    verdict = grade(
        course, exercise, tmp_path / "solutions/messages/solution.py", GradingOptions(start=warm, fresh=True)
    )

    assert verdict.status == "passed", [(check.id, check.message) for check in verdict.checks]
    assert "800 training messages" in verdict.checks[0].title
