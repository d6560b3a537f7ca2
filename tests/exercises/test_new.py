"""`grade new` copies a stub and never destroys work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grader.courses.course import Course

Grade = Callable[..., tuple[int, str, str]]


def stub(course: Course) -> str:
    return (course.root / "exercises" / "exercise3" / "stub.py").read_text(encoding="utf-8")


def test_the_stub_is_copied_here(grade: Grade, course: Course, tmp_path: Path) -> None:
    """Without a file name it becomes EXERCISE.py, and the next command is named."""
    code, out, _ = grade("new", "exercise3")
    assert code == 0
    assert (tmp_path / "exercise3.py").read_text(encoding="utf-8") == stub(course)
    assert out.splitlines()[-3:] == ["  grade watch exercise3.py", "Or grade it once:", "  grade exercise3 exercise3.py"]


def test_a_file_or_a_folder_can_be_named(grade: Grade, course: Course, tmp_path: Path) -> None:
    """A folder gets EXERCISE.py; a name with a space is quoted in the next command."""
    (tmp_path / "my work").mkdir()
    out = grade("new", "exercise3", "my work")[1]
    assert (tmp_path / "my work" / "exercise3.py").read_text(encoding="utf-8") == stub(course)
    assert out.endswith("grade exercise3 'my work/exercise3.py'\n")
    grade("new", "exercise3", "other.py")
    assert (tmp_path / "other.py").exists()


def test_an_existing_file_is_kept(grade: Grade, course: Course, tmp_path: Path) -> None:
    """Only `--force` overwrites."""
    mine = tmp_path / "exercise3.py"
    mine.write_text("mine", encoding="utf-8")
    code, _, err = grade("new", "exercise3")
    assert (code, mine.read_text(encoding="utf-8")) == (2, "mine")
    assert err == "grade: exercise3.py exists already; name another file, or overwrite it with --force\n"
    assert grade("new", "exercise3", "--force")[0] == 0
    assert mine.read_text(encoding="utf-8") == stub(course)


def test_a_folder_that_is_not_there(grade: Grade) -> None:
    """What can't be written is said with the reason."""
    code, _, err = grade("new", "exercise3", "nowhere/x.py")
    assert code == 2
    assert "nowhere/x.py: there is no folder" in err


def test_a_course_without_the_stub(grade: Grade, course: Course, tmp_path: Path) -> None:
    """A missing stub is the course's problem, exit code 3."""
    folder = tmp_path / "exercises" / "exercise3"
    folder.mkdir(parents=True)
    (tmp_path / "quizzes").mkdir()
    (folder / "exercise.yaml").write_text(
        course.find_exercise_file("exercise3").read_text(encoding="utf-8"), encoding="utf-8"
    )
    code, _, err = grade("new", "exercise3", "--course", str(tmp_path))
    assert code == 3
    assert err == "grade: exercises/exercise3/stub.py:1:1: can't be read: No such file or directory\n"
