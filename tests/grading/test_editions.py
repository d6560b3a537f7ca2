"""A file for another edition of an exercise is told so, by the names that it defines."""

from pathlib import Path

import pytest
from msgspec import structs

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading.editions import find_edition

COURSE = Course(root=Path(__file__).parents[2])
OLD = "def train_mnist():\n    pass\n"
GIVEN = "def train_mnist(x_train, y_train):\n    pass\n"
STOPPER = "class EarlyStoppingCallback:\n    pass\n"
PREPARED = "def reshape_and_normalize(images):\n    pass\ndef convolutional_model():\n    pass\n"


@pytest.mark.parametrize(
    ("exercise", "source", "edition"),
    [
        ("exercise1", GIVEN, "week2_2022"),
        ("exercise1", GIVEN + STOPPER + "def create_and_compile_model(): pass\n", "week2_2024"),
        ("exercise1", OLD, None),
        ("exercise1", GIVEN.replace("y_train", "y_train=None").replace("x_train,", "x_train=None,"), None),
        ("exercise1", "model.fit(x, y)\n", None),
        ("exercise1", "def train_mnist(:\n", None),
        ("exercise3", PREPARED + "class myCallback:\n    pass\n", "week3_2022"),
        ("exercise3", PREPARED + STOPPER, "week3_2024"),
        ("exercise3", PREPARED, None),
        ("exercise3", GIVEN, None),
        ("week2_2022", OLD, "exercise1"),
        ("week3_2024", PREPARED + "class myCallback:\n    pass\n", "week3_2022"),
    ],
)
def test_the_edition_is_known_by_its_names(exercise, source, edition):
    """And by the number of arguments; a file that fits the exercise itself is no other edition's."""
    found = find_edition(COURSE, load_exercise(COURSE, exercise), source)
    assert (found.id if found else None) == edition


def test_an_edition_without_a_name_is_told_by_none(tmp_path):
    """Every file would fit it."""
    folder = tmp_path / "exercises" / "bare"
    folder.mkdir(parents=True)
    (folder / "exercise.yaml").write_text(
        "schema: grade-exercise/1\nid: bare\ntitle: Bare\ndataset: mnist\n"
        "checks: [{id: epochs, check: training.epochs, args: {below: 9}, points: 1}]\n"
    )
    exercise = structs.replace(load_exercise(COURSE, "exercise1"), editions=["bare"])
    assert find_edition(Course(root=tmp_path), exercise, "x = 1\n") is None


def test_the_solutions_are_those_of_their_own_edition():
    """No solution of an edition is taken for another's."""
    families = (["exercise1", "week2_2022", "week2_2024"], ["exercise3", "week3_2022", "week3_2024"])
    for family in families:
        for name in family:
            source = (COURSE.root / "solutions" / name / "solution.py").read_text()
            assert find_edition(COURSE, load_exercise(COURSE, name), source) is None
            for other in set(family) - {name}:
                found = find_edition(COURSE, load_exercise(COURSE, other), source)
                # The file of week 2 of 2024 has the function of 2022 as well.
                answers_both = (name, other) == ("week2_2024", "week2_2022")
                assert (found.id if found else None) == (None if answers_both else name)
