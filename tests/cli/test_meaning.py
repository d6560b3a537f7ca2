"""Which exercise and which file a command line means."""

from pathlib import Path

import pytest

from grader.checks.loading import load_exercise
from grader.cli.meaning import find_submission
from grader.courses.course import Course
from grader.errors import UsageError

COURSE = Course(root=Path(__file__).resolve().parents[2])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def find(first, second=None):
    exercise, file = find_submission(COURSE, first, second)
    return exercise.id, str(file)


def only_function():
    """An exercise whose function no other one has, and that function."""
    functions = {name: load_exercise(COURSE, name).function for name in COURSE.list_exercise_ids()}
    return next((name, one) for name, one in functions.items() if list(functions.values()).count(one) == 1)


@pytest.mark.parametrize("name", ["exercise1.py", "exercise1.ipynb", "sub/exercise1.py"])
def test_a_file_that_is_called_as_an_exercise_is_for_it(folder, name):
    """`grade exercise1.py`, also in another folder."""
    (folder / "sub").mkdir()
    (folder / name).write_text("x = 1")

    assert find(name) == ("exercise1", name)


def test_a_file_of_another_name_is_for_the_exercise_of_its_function(folder):
    """`grade mine.py`."""
    exercise, function = only_function()
    (folder / "mine.py").write_text(f"def {function}():\n    pass\n")

    assert find("mine.py") == (exercise, "mine.py")


@pytest.mark.parametrize("name", ["exercise1.py", "exercise1.ipynb"])
def test_an_exercise_alone_means_the_file_of_its_name(folder, name):
    """`grade exercise1`, with that file in this folder."""
    (folder / name).write_text("x = 1")

    assert find("exercise1") == ("exercise1", name)


def test_both_names_may_come_in_either_order(folder):
    """`grade mine.py exercise1` can mean one thing only."""
    (folder / "mine.py").write_text("x = 1")

    assert find("mine.py", Path("exercise1")) == find("exercise1", Path("mine.py")) == ("exercise1", "mine.py")


def test_a_file_called_exactly_as_an_exercise_doesnt_hide_it(folder):
    """A folder or a file `exercise1` without an ending is no submission of that name."""
    (folder / "exercise1").write_text("x = 1")
    (folder / "exercise1.py").write_text("x = 1")

    assert find("exercise1") == ("exercise1", "exercise1.py")


@pytest.mark.parametrize(
    ("there", "first", "words"),
    [
        ([], "exercise1", ["no exercise1.py here", "grade new exercise1", "grade exercise1 FILE"]),
        (["exercise1.py", "exercise1.ipynb"], "exercise1", ["exercise1.py", "exercise1.ipynb", "which file"]),
        (["mine.py"], "mine.py", ["grade EXERCISE mine.py"]),
        ([], "exercise11", ["exercise11", 'did you mean "exercise1"']),
        ([], "mine.py", ["mine.py", "no such file"]),
        ([], "\x1b[31m", ["\\x1b[31m"]),
    ],
)  # fmt: skip
def test_what_isnt_clear_is_asked(folder, there, first, words):
    """The message holds the command that is clear."""
    for name in there:
        (folder / name).write_text("x = 1")

    with pytest.raises(UsageError) as told:
        find(first)
    assert [word for word in words if word not in str(told.value)] == []
    assert "\x1b" not in str(told.value)
