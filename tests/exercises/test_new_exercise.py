"""`grade new-exercise` makes an exercise that works."""

import shutil
from pathlib import Path

import pytest

from grader import cli
from grader.checks.loading import load_exercise
from grader.courses import course as courses
from grader.courses.course import Course
from grader.grading import GradingOptions, grade
from grader.grading.proofs import lint_exercise, prove_answers

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
    assert [proof.fault for proof in lint_exercise(course, load_exercise(course, "deep_digits")) if proof.fault] == []
    assert "grade selfcheck deep_digits --write-stubs" in capsys.readouterr().out


@pytest.mark.train
def test_the_sample_works_as_it_is(course):
    """Every promise of a new exercise holds before anything is changed."""
    assert cli.run_command_line(["new-exercise", "brighten"]) == 0

    exercise = load_exercise(course, "brighten")
    proofs = list(lint_exercise(course, exercise))
    proofs += prove_answers(course, exercise, lambda path: grade(course, exercise, path, GradingOptions()))

    assert [f"{proof.what}: {proof.fault}" for proof in proofs if proof.fault] == []


def test_an_empty_folder_becomes_a_course(tmp_path, monkeypatch, capsys):
    """The exercise is in one's own folder, and the command says where; nothing goes into the package."""
    monkeypatch.delenv("GRADE_COURSE", raising=False)
    monkeypatch.setattr(courses, "find_built_in", lambda: Course(root=ROOT, source="built-in"))  # an installed one has no solutions
    monkeypatch.chdir(tmp_path)

    assert cli.run_command_line(["new-exercise", "my_own"]) == 0
    assert (tmp_path / "exercises/my_own/stub.py").is_file()
    assert (tmp_path / "course.yaml").is_file()
    told = capsys.readouterr()
    assert str(tmp_path) in told.out + told.err
    assert cli.run_command_line(["new-exercise", "deep", "--like", "exercise1"]) == 0
    assert "def train_mnist" in (tmp_path / "solutions/deep/solution.py").read_text()
    assert cli.run_command_line(["selfcheck", "--text-only"]) == 0
    assert cli.run_command_line(["new-exercise", "other", "--like", "exercize1"]) == 2


def test_a_folder_with_other_files_is_no_course(tmp_path, monkeypatch, capsys):
    """Nothing is written there; the message says how to make a course."""
    monkeypatch.delenv("GRADE_COURSE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thesis.tex").write_text("")

    assert cli.run_command_line(["new-exercise", "my_own"]) == 2
    assert "grade new-course DIR" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_new_course_is_whole_and_overwrites_nothing(tmp_path, monkeypatch, capsys):
    """A dataset, two exercises and a quiz; a second time is refused."""
    monkeypatch.chdir(tmp_path)

    assert cli.run_command_line(["new-course", "mine"]) == 0
    for name in ("exercises/brighten/cases.npz", "exercises/outlines/stub.py", "solutions/outlines/rejects/subset.py",
                 "datasets/shapes/shapes.npz", "solutions/datasets/shapes/held_out.npz", "quizzes/first_quiz.yaml"):
        assert (tmp_path / "mine" / name).is_file()
    monkeypatch.chdir(tmp_path / "mine")
    assert cli.run_command_line(["selfcheck", "--text-only"]) == 0
    assert cli.run_command_line(["quiz-check"]) == 0
    assert cli.run_command_line(["new-course", "."]) == 2
    assert "isn't empty" in capsys.readouterr().err


def test_a_copy_without_solutions_says_what_is_missing(tmp_path, monkeypatch, capsys):
    """As from an installed package: the stub stands in the place of the solution."""
    monkeypatch.delenv("GRADE_COURSE", raising=False)
    monkeypatch.chdir(tmp_path)
    built_in = tmp_path / "installed"
    shutil.copytree(ROOT / "exercises/exercise1", built_in / "exercises/exercise1")
    monkeypatch.setattr(courses, "find_built_in", lambda: Course(root=built_in, source="built-in"))
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")

    assert cli.run_command_line(["new-exercise", "deep", "--like", "exercise1"]) == 0
    assert "without a solution" in capsys.readouterr().out
    text = (tmp_path / "mine/exercises/deep/exercise.yaml").read_text()
    assert "id: deep" in text
    assert (tmp_path / "mine/solutions/deep/solution.py").read_text() == (tmp_path / "mine/exercises/deep/stub.py").read_text()
