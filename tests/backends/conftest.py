"""A course with one small exercise, graded by the real processes on a chosen backend."""

from __future__ import annotations

import pytest

from grader.checks import loading
from grader.courses.course import Course
from grader.grading import GradingOptions, grade

SPEC = """
schema: grade-exercise/1
id: small
title: Small
function: train
dataset: mnist
limits: {student: 1min, cpu: 2min, memory: 4GB}
checks:
  - {id: line, check: training.reaches, args: {metric: accuracy, above: 0.5}, points: 1}
  - {id: returned, check: returns.match_training, points: 1}
  - {id: general, check: measured.accuracy, args: {split: test, at_least: 0.3}, points: 1}
"""


@pytest.fixture
def graded(tmp_path, monkeypatch):
    """Grades a text on a backend, with a store of trainings for the test alone; returns the verdict."""
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "course" / "exercises" / "small"
    folder.mkdir(parents=True)
    (tmp_path / "course" / "quizzes").mkdir()
    (folder / "exercise.yaml").write_text(SPEC)
    course = Course(root=tmp_path / "course")

    def run(text, backend, **options):
        path = tmp_path / "mine.py"
        path.write_text(text)
        return grade(course, loading.load_exercise(course, "small"), path, GradingOptions(backend=backend, **options))

    return run
