"""`grade hint` gives one hint more each time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.courses.course import Course
from grader.checks.loading import load_exercise
from grader.courses.student_progress import ProgressFile

Grade = Callable[..., tuple[int, str, str]]


def test_hints_come_one_by_one(grade: Grade) -> None:
    """Each call shows the next; after the last it says that there are no more."""
    first = [grade("hint", "exercise2")[1].splitlines()[0] for _ in range(4)]
    assert first == [f"Hint {number} of 4" for number in (1, 2, 3, 4)]
    expected = "No more hints: all 4 were shown. `grade hint exercise2 --all` shows them again.\n"
    assert grade("hint", "exercise2") == (0, expected, "")


def test_exercises_have_their_own_progress(grade: Grade) -> None:
    """A hint of one exercise doesn't use up another's."""
    grade("hint", "exercise2")
    assert grade("hint", "exercise3")[1].startswith("Hint 1 of 5")


def test_reset_starts_again(grade: Grade) -> None:
    """After `--reset` the first hint comes again."""
    grade("hint", "exercise2", "--all")
    expected = "The next `grade hint exercise2` shows the first of 4 hints.\n"
    assert grade("hint", "exercise2", "--reset") == (0, expected, "")
    assert grade("hint", "exercise2")[1].startswith("Hint 1 of 4")


def test_all_shows_every_hint(grade: Grade) -> None:
    """`--all` shows all of them, in order."""
    out = grade("hint", "exercise2", "--all")[1]
    numbers = [line for line in out.splitlines() if line.startswith("Hint")]
    assert numbers == [f"Hint {number} of 4" for number in (1, 2, 3, 4)]


def test_the_last_hint_does_not_promise_another(grade: Grade) -> None:
    """Only a hint that has a next one says how to get it."""
    outs = [grade("hint", "exercise2")[1] for _ in range(4)]
    assert ["For the next one" in out for out in outs] == [True, True, True, False]


def test_every_line_fits_the_terminal(grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint, how to get the next one, and that there are no more."""
    monkeypatch.setenv("COLUMNS", "40")
    outs = [grade("hint", "exercise2")[1] for _ in range(5)]
    assert "No more hints" in outs[-1]
    assert [line for out in outs for line in out.splitlines() if len(line) > 40] == []


def test_a_damaged_state_file_counts_as_none(grade: Grade, course: Course) -> None:
    """Neither broken JSON nor a wrong type stops a hint."""
    state = ProgressFile(course).path
    state.parent.mkdir(parents=True)
    for content in ("{", "[]", '{"hints": {"exercise2": "x"}}'):
        state.write_text(content, encoding="utf-8")
        assert grade("hint", "exercise2")[1].startswith("Hint 1 of 4")


def test_a_state_folder_that_cannot_be_written(grade: Grade, tmp_path: Path) -> None:
    """The hint is shown all the same, with a remark on stderr."""
    (tmp_path / "state").write_text("a file", encoding="utf-8")
    code, out, err = grade("hint", "exercise2")
    assert (code, out.splitlines()[0]) == (0, "Hint 1 of 4")
    assert err.startswith("grade: can't remember which hints were shown: ")


def test_an_unknown_exercise_is_a_wrong_usage(grade: Grade) -> None:
    """The nearest name is suggested, exit code 2."""
    code, _, err = grade("hint", "exercise9")
    assert code == 2
    assert 'grade: no exercise "exercise9"; did you mean "exercise' in err


def test_an_exercise_without_hints(grade: Grade, course: Course, tmp_path: Path) -> None:
    """It points at the README instead."""
    source = course.find_exercise_file("exercise2").read_text(encoding="utf-8")
    folder = tmp_path / "exercises" / "exercise2"
    folder.mkdir(parents=True)
    (tmp_path / "quizzes").mkdir()
    (folder / "exercise.yaml").write_text(source[: source.index("hints:")], encoding="utf-8")
    out = grade("hint", "exercise2", "--course", str(tmp_path))[1]
    assert out == f"exercise2 has no hints; its README is {folder / 'README.md'}\n"


def test_hints_become_more_explicit(course: Course) -> None:
    """Every exercise has at least three hints, and only a late one holds the stopping line of code."""
    for exercise_id in course.list_exercise_ids():
        hints = load_exercise(course, exercise_id).hints
        assert len(hints) >= 3
        assert "stop_training" not in hints[0]
