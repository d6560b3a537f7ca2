"""Which course a command takes, and that it says so where one could take it for another."""

import subprocess
from pathlib import Path

import pytest

from grader import cli
from grader.courses import course as courses

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.delenv("GRADE_COURSE", raising=False)
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    (tmp_path / "here" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "below")
    return tmp_path / "here"


def write(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.mark.parametrize(
    "name", ["course.yaml", "exercises/a/exercise.yaml", "quizzes/a.yaml", "both"]
)
def test_one_of_three_makes_a_course(elsewhere, name, capsys):
    """git keeps no empty folder, so a clone may lack either; the course is found from a folder in it, without a word."""
    if name == "both":
        (elsewhere / "exercises").mkdir()
        (elsewhere / "quizzes").mkdir()
    else:
        write(elsewhere, name, "schema: grade-course/1\n")

    assert courses.find_course().root == elsewhere
    if not name.endswith("/a/exercise.yaml"):
        assert cli.run_command_line(["quiz-check", "--course", "."]) == 2
    cli.run_command_line(["list"])
    assert "course:" not in capsys.readouterr().err


def test_a_clone_of_a_course_without_quizzes_works(elsewhere, capsys):
    """What `git clone` leaves of a course with one exercise and an empty `quizzes/`."""
    folder = elsewhere / "exercises" / "pooling"
    folder.mkdir(parents=True)
    for path in (ROOT / "exercises" / "pooling").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (elsewhere / "quizzes").mkdir()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "Start"], ["clone", "-q", ".", "below/clone"]):
        subprocess.run([*git, *command], cwd=elsewhere, check=True)

    assert not (elsewhere / "below" / "clone" / "quizzes").exists()
    assert cli.run_command_line(["list", "--course", "clone"]) == 0
    out = capsys.readouterr()
    assert "pooling" in out.out
    assert "exercise1" not in out.out


def test_another_folder_of_that_name_hides_no_course(elsewhere, capsys):
    """A student's own `exercises/` isn't a course."""
    write(elsewhere, "exercises/week1/homework.py", "x = 1")
    write(elsewhere, "quizzes/notes.txt", "x")
    (elsewhere / "quizzes" / "notes.txt").unlink()
    (elsewhere / "quizzes").rmdir()

    assert courses.find_course().source == "built-in"


@pytest.mark.parametrize(
    ("given", "told"),
    [({}, "course: the built-in one"), ({"GRADE_COURSE": str(ROOT)}, f"course: {ROOT}, which GRADE_COURSE names; not ")],
)
def test_another_course_is_told(elsewhere, monkeypatch, capsys, given, told):
    """On standard error, once, in every command that prints; never where one asked for silence or named it."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
        write(elsewhere, "course.yaml", "schema: grade-course/1")

    for args in (["list"], ["hint", "exercise1"], ["quiz-check", "week2"], ["regrade", "exercise1"], ["bundle", "github", "o", "x"]):
        cli.run_command_line(args)
        out = capsys.readouterr()
        assert out.err.count(told) == 1, args
        assert told not in out.out
    cli.run_command_line(["exercise1", "missing.py", "--quiet"])
    cli.run_command_line(["list", "--course", str(ROOT)])
    assert "course:" not in capsys.readouterr().err


def test_who_stands_in_it_knows_it(monkeypatch, capsys):
    """`GRADE_COURSE` names the course in which one works."""
    monkeypatch.chdir(ROOT / "exercises")
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))

    assert cli.run_command_line(["list"]) == 0
    assert "course:" not in capsys.readouterr().err
