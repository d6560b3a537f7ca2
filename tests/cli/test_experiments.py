"""The tables of an exercise's experiments: what was measured beside what the course's text prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import cli
from grader.checks.loading import load_exercise
from grader.cli.experiments import check_experiments, describe_run_end, format_experiment_table
from grader.courses.course import Course
from grader.courses.exercise import Experiment, ExperimentColumn, FitSettings
from grader.errors import UsageError
from grader.records.run import Architecture, BuiltModel, Measurement, Run, RunEnd
from grader.records.verdict import TrainingRecord

COURSE = Course(root=Path(__file__).parents[2])


def built(accuracy, test, seconds):
    record = TrainingRecord(
        epochs=[{"epoch": 0, "accuracy": 0.5}, {"epoch": 1, "accuracy": accuracy}], stopped_by="epochs", examples=60000,
        seed=7, seconds=seconds,
    )  # fmt: skip
    measured = Measurement(train_accuracy=accuracy, test_accuracy=test)
    return BuiltModel(call={"filters": 16}, architecture=Architecture(layers=[], parameters=1), training=record, measured=measured)


EXPERIMENT = Experiment(
    title="How many filters?",
    dataset="mnist",
    fit=FitSettings(epochs=2),
    columns=[
        ExperimentColumn(title="16 filters", call={"filters": 16}, train=0.9979, test=0.9872, seconds=394),
        ExperimentColumn(title="32 filters", call={"filters": 32}, train=0.9985, test=0.9862),
    ],
)


def test_each_figure_stands_beside_the_texts_own():
    """The last epoch's accuracy, the accuracy on the test images, and the seconds."""
    assert format_experiment_table(EXPERIMENT, [built(0.9981, 0.98689, 61.4), built(0.9, 0.8, 1300)], None).splitlines() == [
        "             training          testing           time",
        "16 filters   0.9981 (0.9979)   0.9869 (0.9872)   61 s (394 s)",
        "32 filters   0.9000 (0.9985)   0.8000 (0.9862)   1,300 s",
        "",
        "In brackets: the figures that the course's text prints, from another machine.",
    ]


def test_a_model_that_was_not_trained_has_no_figures():
    """A run that ended early shows what it came to."""
    rows = format_experiment_table(EXPERIMENT, [built(0.9981, 0.98689, 61.4)], None).splitlines()
    assert rows[2] == "32 filters   - (0.9985)        - (0.9862)        -"


def test_a_narrow_screen_gets_a_line_for_each_figure():
    """Nothing is cut off at 40 columns."""
    rows = format_experiment_table(EXPERIMENT, [built(0.9981, 0.98689, 61.4)], 40).splitlines()
    assert rows[:4] == ["16 filters", "  training  0.9981 (0.9979)", "  testing   0.9869 (0.9872)", "  time      61 s (394 s)"]


def test_how_a_run_ended_is_told():
    """With the limit's own words."""
    run = Run(seed=7, end=RunEnd(kind="timed_out", message="the training did not end within its limit of 60 s"))
    assert describe_run_end(run) == "ended before the last model was trained: the training did not end within its limit of 60 s"


def test_an_exercise_without_experiments_has_no_table():
    """The message says what to leave out."""
    with pytest.raises(UsageError, match="lenet5 has no experiments, so there is no table; leave --table out"):
        check_experiments(load_exercise(COURSE, "lenet5"))


def test_the_command_says_so_before_anything_runs(capsys):
    """Exit code 2, at once."""
    assert cli.run_command_line(["lenet5", str(COURSE.solutions / "lenet5" / "solution.py"), "--table"]) == 2
    assert "there is no table" in capsys.readouterr().err


def test_the_course_prints_the_texts_figures():
    """Two tables, with the accuracies and times of the notebook."""
    first, second = load_exercise(COURSE, "experiments").tables
    assert [(one.train, one.test, one.seconds) for one in first.columns] == [
        (0.9979, 0.9872, 394), (0.9985, 0.9862, 672), (0.9983, 0.9863, 1232),
    ]  # fmt: skip
    assert [(one.call["convolutions"], one.train) for one in second.columns] == [
        (0, 0.8524), (1, 0.9403), (2, 0.9187), (3, 0.8792),
    ]  # fmt: skip
