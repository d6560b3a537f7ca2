"""`grade new-exercise` makes an exercise that works."""

import shutil
from pathlib import Path

import pytest

from grader import cli
from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import GradingOptions, grade
from grader.grading import proofs as promises

ROOT = Path(__file__).parents[2]


@pytest.fixture
def course(tmp_path, monkeypatch):
    for folder in ("exercises", "quizzes", "solutions"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path))
    return Course(root=tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Bright-en", "can't be an exercise's name"),
        ("9lives", "can't be an exercise's name"),
        ("taken", "exists already; choose another"),
        ("report", "is a command of grade"),
        ("exercise", "is a command of grade"),
        ("quiz", "is a command of grade"),
    ],
)
def test_a_name_that_cant_be_is_refused(course, capsys, name, message):
    """Before anything is written."""
    (course.root / "solutions" / "taken").mkdir()

    assert cli.run_command_line(["new-exercise", name]) == 2
    assert message in capsys.readouterr().err
    assert course.list_exercise_ids() == []


def test_a_course_without_solutions_is_refused(course, capsys):
    """A student's course can't take exercises."""
    (course.root / "solutions").rmdir()

    assert cli.run_command_line(["new-exercise", "brighten"]) == 2
    assert "make that folder first" in capsys.readouterr().err


def test_an_exercise_is_made_like_another(course, capsys):
    """Its files are copied with the name replaced, and its texts hold together."""
    for top in ("exercises", "solutions"):
        shutil.copytree(ROOT / top / "exercise1", course.root / top / "exercise1")

    assert cli.run_command_line(["new-exercise", "deep_digits", "--like", "exercise1"]) == 0
    assert [proof.fault for proof in promises.lint_exercise(course, load_exercise(course, "deep_digits")) if proof.fault] == []
    assert "grade selfcheck deep_digits --write-stubs" in capsys.readouterr().out


@pytest.mark.train
def test_the_sample_works_as_it_is(course):
    """Every promise of a new exercise holds before anything is changed."""
    assert cli.run_command_line(["new-exercise", "brighten"]) == 0

    exercise = load_exercise(course, "brighten")
    proofs = list(promises.lint_exercise(course, exercise))
    proofs += promises.prove_answers(course, exercise, lambda path: grade(course, exercise, path, GradingOptions()))

    assert [f"{proof.what}: {proof.fault}" for proof in proofs if proof.fault] == []
