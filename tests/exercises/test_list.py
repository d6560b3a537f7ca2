"""`grade list` shows every exercise, quickly and in any width."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.cli.list_ import replace_unencodable, load_readable_exercises, describe_progress, format_exercise_list
from grader.courses.course import Course
from grader.courses.student_progress import ProgressFile
from grader.courses.student_progress import BestResult, StudentProgress
from grader.records.verdict import SubmissionRef, Verdict

Grade = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))


def verdict_of(exercise: str, score: float, status: str = "") -> Verdict:
    return Verdict(
        exercise=exercise,
        submission=SubmissionRef(path="a.py", sha256=""),
        status=status or ("passed" if score == 100 else "failed"),
        score=score,
        max_score=100.0,
        end="completed",
        checks=[],
    )


def test_every_exercise_is_listed(grade: Grade, course: Course) -> None:
    """A heading and one line per exercise, in the course's order, then what is reached and what comes next."""
    code, out, _ = grade("list")
    lines = out.splitlines()
    count = len(course.list_exercise_ids())
    assert code == 0
    assert lines[0].split() == ["exercise", "title", "points", "unit", "difficulty", "minutes"]
    assert {line.split()[1] for line in lines[1 : count + 1]} == set(course.list_exercise_ids())
    assert [line.split()[1] for line in lines[1:4]] == ["exercise1", "exercise2", "fashion_dense"]
    third = next(line for line in lines if line.startswith("·  exercise3"))
    assert third.endswith("medium           45")
    assert lines[count + 2].startswith(f"0 of {count} passed, 0 of ")
    assert lines[count + 3 :] == ["next: grade new exercise1", "quizzes: week2, week3 (grade quiz week2)"]


def test_what_was_reached_is_listed(grade: Grade, course: Course) -> None:
    """Passed exercises are ticked, tried ones crossed; the points are the best so far, and next is what isn't passed."""
    book = ProgressFile(course)
    for exercise, score in (("exercise1", 100.0), ("exercise2", 60.0), ("exercise2", 40.0)):
        book.note_verdict(verdict_of(exercise, score))

    _, out, _ = grade("list")

    lines = out.splitlines()
    assert (lines[1][0], lines[2][0], lines[3][0]) == ("✓", "✗", "·")
    assert [line.split("/100")[0].split()[-1] for line in lines[1:4]] == ["100", "60", "0"]
    assert f"1 of {len(course.list_exercise_ids())} passed, 160 of " in out
    assert "next: grade new exercise2" in lines


def test_exercises_stand_together_by_unit(course: Course) -> None:
    """The units come in the order of their first exercises, and each comes once."""
    exercises, _ = load_readable_exercises(course)
    units = [exercise.unit for exercise in exercises]
    assert list(dict.fromkeys(units)) == [unit for place, unit in enumerate(units) if place == 0 or units[place - 1] != unit]
    assert units[0] == "Computer vision"


def test_a_course_that_is_done(course: Course) -> None:
    """When everything is passed, nothing comes next."""
    exercises, _ = load_readable_exercises(course)
    done = StudentProgress(best={each.id: BestResult(passed=True, score=100, max_score=100) for each in exercises})
    assert describe_progress(exercises, done)[-1] == "All passed. Well done!"


def test_a_fault_of_ours_is_not_a_result(course: Course) -> None:
    """A verdict that is an error leaves what was reached as it was."""
    ProgressFile(course).note_verdict(verdict_of("exercise1", 100.0, status="error"))
    assert ProgressFile(course).read_progress() == StudentProgress()


def test_a_narrow_terminal_gets_fewer_columns(course: Course) -> None:
    """Unit and title are shortened, then left out, until the lines fit; name and points stay."""
    exercises, _ = load_readable_exercises(course)
    for width in (100, 80, 60, 40):
        lines = format_exercise_list(exercises, width).splitlines()
        assert max(len(line) for line in lines) <= width
        assert all("/100" in line for line in lines[1:])


def test_a_terminal_without_these_characters_gets_others() -> None:
    """Marks have a plain form where the encoding lacks them."""
    assert replace_unencodable("✓ ✗ ·", "ascii") == "+ x -"
    assert replace_unencodable("✓ ✗ ·", "utf-8") == "✓ ✗ ·"


def test_numbers_sort_as_numbers(course: Course, tmp_path: Path) -> None:
    """exercise10 comes after exercise2."""
    text = course.find_exercise_file("exercise3").read_text(encoding="utf-8")
    for name in ("exercise10", "exercise2", "final"):
        folder = tmp_path / "exercises" / name
        folder.mkdir(parents=True)
        (folder / "exercise.yaml").write_text(text.replace("id: exercise3", f"id: {name}"), encoding="utf-8")
    exercises, _ = load_readable_exercises(Course(root=tmp_path))
    assert [exercise.id for exercise in exercises] == ["exercise2", "exercise10", "final"]


def test_a_course_without_exercises() -> None:
    """An empty course is said to be empty."""
    assert format_exercise_list([], None) == "this course has no exercises"


def test_a_broken_exercise_hides_no_other(grade: Grade, course: Course, tmp_path: Path) -> None:
    """The good ones are listed, the broken one's problems follow, and the exit code is 3."""
    shutil.copytree(course.root / "exercises", tmp_path / "exercises")
    (tmp_path / "quizzes").mkdir()
    spec = tmp_path / "exercises" / "exercise2" / "exercise.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("returns.shape", "returns.shap"), encoding="utf-8")
    code, out, err = grade("list", "--course", str(tmp_path))
    assert code == 3
    assert "·  exercise3 " in out
    assert 'exercise2/exercise.yaml:15:27: no check "returns.shap"; did you mean "returns.shape"?' in err


def test_listing_imports_neither_rich_nor_numpy() -> None:
    """What makes a start slow stays out."""
    code = (
        "import sys; from grader import cli; cli.run_command_line(['list']); "
        "print({'numpy', 'tensorflow', 'keras', 'rich', 'grader.grading'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "set()"
