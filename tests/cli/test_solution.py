"""`grade solution EXERCISE`: only where the course allows it, and only after a pass."""

import shutil
from pathlib import Path

import pytest

from grader import cli
from grader.courses.course import Course
from grader.courses.student_progress import ProgressFile
from grader.records.verdict import SubmissionRef, Verdict

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = "schema: grade-course/1\nsolutions: after_pass\n"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with one exercise, and its solution."""
    for place in ("exercises", "solutions"):
        shutil.copytree(ROOT / place / "pooling", tmp_path / "course" / place / "pooling")
    (tmp_path / "course" / "quizzes").mkdir()
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path / "course"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "course"


def note(course, status):
    verdict = Verdict(
        exercise="pooling", submission=SubmissionRef(path="a.py", sha256="0"), status=status, score=75, max_score=100,
        end="completed", checks=[],
    )  # fmt: skip
    ProgressFile(Course(root=course)).note_verdict(verdict)


def test_after_a_pass_it_is_shown(course, capsys):
    """As it is in the file; the words about it go elsewhere."""
    (course / "course.yaml").write_text(ALLOWED)
    note(course, "passed")

    assert cli.run_command_line(["solution", "pooling"]) == 0
    said = capsys.readouterr()
    assert said.out == (course / "solutions" / "pooling" / "solution.py").read_text()
    assert "One way to solve pooling" in said.err


@pytest.mark.parametrize(
    ("settings", "status", "there"),
    [
        (ALLOWED, "failed", True),
        (ALLOWED, None, True),
        ("schema: grade-course/1\n", "passed", True),
        ("schema: grade-course/1\nsolutions: never\n", "passed", True),
        (ALLOWED, "passed", False),
    ],
)
def test_otherwise_nothing_of_it_is_shown(course, capsys, settings, status, there):
    """Not passed, not allowed, or not in this copy: the message says which, and exit code 2."""
    (course / "course.yaml").write_text(settings)
    if status:
        note(course, status)
    if not there:
        shutil.rmtree(course / "solutions")

    assert cli.run_command_line(["solution", "pooling"]) == 2
    said = capsys.readouterr()
    assert (said.out, "max(" in said.err) == ("", False)


def test_a_course_without_a_decision_shows_none(course, capsys):
    """There is no course.yaml at all."""
    note(course, "passed")

    assert cli.run_command_line(["solution", "pooling"]) == 2
    assert "doesn't show its solutions" in capsys.readouterr().err


def test_another_word_is_the_courses_fault(course, capsys):
    """With the place."""
    (course / "course.yaml").write_text("schema: grade-course/1\nsolutions: always\n")

    assert cli.run_command_line(["solution", "pooling"]) == 3
    assert "course.yaml:2:" in capsys.readouterr().err
