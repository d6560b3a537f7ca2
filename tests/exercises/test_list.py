"""`grade list` shows every exercise, quickly and in any width."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from grader.cli.list_ import load_all, table
from grader.course import Course

Grade = Callable[..., tuple[int, str, str]]


def test_every_exercise_is_listed(grade: Grade, course: Course) -> None:
    """A heading and one line per exercise, with title, unit, difficulty and minutes."""
    code, out, _ = grade("list")
    lines = out.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines] == ["exercise", *course.exercise_ids()]
    assert lines[3].split("  ")[1:3] == ["One convolution, 99.8 %", ""]
    assert lines[3].endswith("medium           45")


def test_a_narrow_terminal_gets_short_columns(course: Course) -> None:
    """Unit and title are shortened until the lines fit."""
    exercises, _ = load_all(course)
    for width in (100, 80, 60):
        assert max(len(line) for line in table(exercises, width).splitlines()) <= width
    assert "..." in table(exercises, 60)


def test_numbers_sort_as_numbers(course: Course, tmp_path: Path) -> None:
    """exercise10 comes after exercise2."""
    text = course.exercise_file("exercise3").read_text(encoding="utf-8")
    for name in ("exercise10", "exercise2", "final"):
        folder = tmp_path / "exercises" / name
        folder.mkdir(parents=True)
        (folder / "exercise.yaml").write_text(text.replace("id: exercise3", f"id: {name}"), encoding="utf-8")
    exercises, _ = load_all(Course(root=tmp_path))
    assert [exercise.id for exercise in exercises] == ["exercise2", "exercise10", "final"]


def test_a_course_without_exercises() -> None:
    """An empty course is said to be empty."""
    assert table([], None) == "this course has no exercises"


def test_a_broken_exercise_hides_no_other(grade: Grade, course: Course, tmp_path: Path) -> None:
    """The good ones are listed, the broken one's problems follow, and the exit code is 3."""
    shutil.copytree(course.root / "exercises", tmp_path / "exercises")
    (tmp_path / "quizzes").mkdir()
    spec = tmp_path / "exercises" / "exercise2" / "exercise.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("returns.shape", "returns.shap"), encoding="utf-8")
    code, out, err = grade("list", "--course", str(tmp_path))
    assert code == 3
    assert "exercise3  One convolution" in out
    assert 'exercise2/exercise.yaml:14:27: no check "returns.shap"; did you mean "returns.shape"?' in err


def test_listing_imports_neither_rich_nor_numpy() -> None:
    """What makes a start slow stays out."""
    code = (
        "import sys; from grader import cli; cli.run(['list']); "
        "print({'numpy', 'tensorflow', 'keras', 'rich', 'grader.grading'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "set()"
