"""What `grade batch` says beside the verdicts; of files that are refused unread, so that nothing is run."""

from pathlib import Path

import pytest

from grader.cli import run_command_line

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def inside(tmp_path, monkeypatch):
    """A folder with Ada's and Eve's files, neither of which is Python."""
    (tmp_path / "class").mkdir()
    for name in ("ada", "eve"):
        (tmp_path / "class" / f"{name}.py").write_text("def train(:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_COURSE", str(REPOSITORY))
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def batch(capsys, *more):
    code = run_command_line(["batch", "exercise1", "class", "--quiet", *more])
    return code, capsys.readouterr().err.splitlines()


def test_who_hands_in_nothing_is_told_and_nothing_has_failed(inside, capsys):
    """Nor has it for somebody who isn't in the roster: all that was handed in is graded, and the exit code is 0."""
    (inside / "roster.csv").write_text("id,name\nada,Ada\nbob,Bob\n")

    assert batch(capsys, "--roster", "roster.csv") == (
        0,
        ["look at: eve: not in the roster; known under this name", "look at: 1 of the roster handed in nothing: bob"],
    )


def test_a_row_of_the_roster_that_can_not_be_read_is_no_submission(inside, capsys):
    """The exit code says that something wasn't read, the message what, and the file is graded."""
    (inside / "roster.csv").write_text("id,submitted_at\nada,soon\neve,\n")
    code, err = batch(capsys, "--roster", "roster.csv")

    assert code == 2
    assert err == ['not read: roster.csv: row 2: expected a time such as 2026-10-01T23:59+02:00, got "soon"']


def test_what_is_left_out_is_not_graded(inside, capsys):
    """Named, with exit code 2, while the others are graded; beyond fifty they are counted."""
    for number in range(52):
        (inside / "class" / f"s{number:02}").mkdir()
        (inside / "class" / f"s{number:02}" / "notes.txt").touch()
    code, err = batch(capsys)

    assert code == 2
    assert err[0] == "not graded: s00: no .py or .ipynb file; handed in: notes.txt"
    assert err[50:] == ["… and 2 more"]


def test_a_broken_course_is_told_once_and_nothing_is_graded(inside, capsys):
    """Exit code 3 with its place, not a problem of every submission."""
    for name in ("exercises", "quizzes"):
        (inside / name).mkdir()
    (inside / "course.yaml").write_text("schema: grade-course/1\ngrading: {lates: {}}\n")

    assert batch(capsys, "--course", ".") == (3, ['grade: course.yaml:2:11: unknown key "lates"; did you mean "late"?'])
    assert not (inside / "gradebook.db").exists()


def test_what_was_left_out_is_told_also_where_a_page_can_not_be_written(inside, capsys):
    """The verdicts are in the gradebook; the message on the page comes last."""
    (inside / "class" / "bob").mkdir()
    (inside / "class" / "bob" / "notes.txt").touch()
    code, err = batch(capsys, "--html", "nowhere/class.html")

    assert code == 2
    assert err[0] == "not graded: bob: no .py or .ipynb file; handed in: notes.txt"
    assert len(err) == 2
    assert "nowhere" in err[1]
