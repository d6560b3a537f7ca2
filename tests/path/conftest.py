"""Courses and submissions made on the spot, graded by the real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.checks import loading
from grader.courses.course import Course
from grader.grading import GradingOptions, grade

REPOSITORY = Path(__file__).resolve().parents[2]

SPEC = """
schema: grade-exercise/1
id: small
title: Small
function: train
dataset: mnist
limits: {{student: {student}, cpu: {cpu}, memory: 4GB, output: 20kB}}
attempts: {attempts}
checks: {checks}
"""
CHECKS = "[{id: epochs, check: training.epochs, args: {below: 99}, points: 1}]"


@pytest.fixture
def small_course(tmp_path):
    """Makes a course with one exercise, `small`, whose graded function is `train`."""

    def make(*, checks=CHECKS, student="1min", cpu="2min", attempts=1):
        folder = tmp_path / "course" / "exercises" / "small"
        folder.mkdir(parents=True, exist_ok=True)
        (tmp_path / "course" / "quizzes").mkdir(exist_ok=True)
        text = SPEC.format(checks=checks, student=student, cpu=cpu, attempts=attempts)
        (folder / "exercise.yaml").write_text(text)
        return Course(root=tmp_path / "course")

    return make


@pytest.fixture
def graded(tmp_path, small_course):
    """Grades a text as a submission to `small`, in processes of its own; returns the verdict. Trainings are run anew."""

    def run(text, *, options=None, **course_options):
        course = small_course(**course_options)
        path = tmp_path / "my_solution.py"
        path.write_text(text)
        return grade(course, loading.load_exercise(course, "small"), path, options or GradingOptions(fresh=True))

    return run


@pytest.fixture
def soon_graded(graded, warm):
    """The same in processes that are warm already, for what doesn't depend on how they were started."""

    def run(text, **course_options):
        return graded(text, options=GradingOptions(start=warm, fresh=True), **course_options)

    return run
