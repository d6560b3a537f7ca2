"""What checks are called in reports."""

from pathlib import Path

import pytest

from grader.checks import CHECKS, find_title
from grader.checks.loading import load_exercise
from grader.checks.titles import TITLE_WRITERS
from grader.courses.course import Course
from grader.courses.exercise import CheckSpec

COURSE = Course(root=Path(__file__).resolve().parents[2])


def title(check, **args):
    return find_title(CheckSpec(id="x", check=check, points=1, args=args))


@pytest.mark.parametrize(
    ("check", "args", "numbers"),
    [
        ("training.reaches", {"metric": "accuracy", "above": "99.8%"}, ["Training accuracy", "99.8 %"]),
        ("training.reaches", {"metric": "val_accuracy", "above": 0.9}, ["Validation accuracy", "90 %"]),
        ("callback.stops_when", {"metric": "accuracy", "above": 0.998}, ["more than 99.8 % accuracy"]),
        ("callback.stops_when", {"metric": "val_accuracy", "above": 0.9}, ["more than 90 % validation accuracy"]),
        ("training.epochs", {"below": 20}, ["Fewer than 20 epochs"]),
        ("training.data", {"split": "train", "examples": 60000}, ["60,000 training images"]),
        ("training.data", {"split": "test", "examples": 10000}, ["10,000 test images"]),
        ("measured.accuracy", {"split": "test", "at_least": 0.95}, ["At least 95 % of the test images"]),
        ("architecture.layers", {"Conv2D": 2, "Dense": 1, "Conv1D": 0}, ["exactly 2 Conv2D and 1 Dense"]),
        ("architecture.layers", {"Conv1D": 0, "Conv2D": 0}, ["no Conv1D, Conv2D"]),
        ("architecture.shapes", {"input": [28, 28, 1], "output": [10]}, ["input shape (28, 28, 1)", "output shape (10,)"]),
        ("architecture.parameters", {"equal": 24330}, ["24,330 parameters"]),
        ("architecture.compiled", {"optimizer": "adam", "metrics": ["accuracy"]}, ["adam and accuracy"]),
        ("architecture.skip_connections", {"at_least": 2}, ["2 skip connections"]),
        ("behaviour.dtype", {"dtype": "uint8"}, ["uint8"]),
        ("behaviour.time", {"case": {}, "below": "3s"}, ["less than 3 s"]),
    ],
)  # fmt: skip
def test_a_title_says_the_exercises_own_numbers(check, args, numbers):
    """As the exercise asks for them, in the units that people use."""
    assert [number for number in numbers if number not in title(check, **args)] == []


@pytest.mark.parametrize("check", ["architecture.shapes", "architecture.compiled", "behaviour.dtype"])
def test_without_numbers_the_checks_own_title_is_taken(check):
    """Every argument may be left out."""
    assert title(check) == CHECKS[check].title


def test_every_writer_is_a_checks():
    """A check that is renamed takes its titles along."""
    assert set(TITLE_WRITERS) <= set(CHECKS)


@pytest.mark.parametrize("name", COURSE.list_exercise_ids())
def test_no_two_checks_of_an_exercise_have_one_title(name):
    """A report names checks by their titles only."""
    titles = [find_title(spec) for spec in load_exercise(COURSE, name).checks]

    assert len(set(titles)) == len(titles)
