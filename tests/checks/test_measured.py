"""Lines above and below which a measured figure has to be."""

import pytest
from msgspec import structs

from grader.checks.measured import AccuracyLine, ErrorLine, check_measured_line
from grader.records.run import Errors, Measurement

REGRESSION = Measurement(
    train_accuracy=0.0,
    test_accuracy=0.0,
    errors={"train": Errors(mae=0.1, mse=0.02), "test": Errors(mae=0.4, mse=0.3), "held_out": Errors(mae=0.5, mse=0.2)},
)
CLASSES = Measurement(train_accuracy=0.99, test_accuracy=0.9, held_out_accuracy=0.8)


@pytest.mark.parametrize(
    ("split", "line", "status"),
    [
        ("train", {"mae": 0.11}, "passed"),
        ("test", {"mae": 0.4}, "failed"),
        ("held_out", {"mae": 0.5001}, "passed"),
        ("held_out", {"mae": 0.45}, "failed"),
        ("held_out", {"mse": 0.25}, "passed"),
        ("test", {"mse": 0.25}, "failed"),
    ],
)
def test_an_error_has_to_be_below(split, line, status):
    assert check_measured_line(REGRESSION, split=split, below=ErrorLine(**line)).status == status


@pytest.mark.parametrize(
    ("split", "line", "status"),
    [("train", 0.98, "passed"), ("test", 0.9, "failed"), ("test", 0.85, "passed"), ("held_out", 0.85, "failed")],
)
def test_an_accuracy_has_to_be_above(split, line, status):
    assert check_measured_line(CLASSES, split=split, above=AccuracyLine(accuracy=line)).status == status


def test_the_test_split_stands_in_for_a_secret_one_that_isnt_there():
    public = Measurement(train_accuracy=0.0, test_accuracy=0.0, errors={"test": Errors(mae=0.4, mse=0.3)})

    outcome = check_measured_line(public, split="held_out", below=ErrorLine(mae=0.3))

    assert (outcome.status, outcome.message) == (
        "failed",
        "the trained model has a mean absolute error of 0.4 on the test rows; it has to be below 0.3",
    )
    assert (
        "test examples"
        in check_measured_line(
            Measurement(train_accuracy=1, test_accuracy=1), split="held_out", above=AccuracyLine(accuracy=0.5)
        ).message
    )


def test_a_figure_of_another_task_isnt_judged():
    assert check_measured_line(CLASSES, split="test", below=ErrorLine(mae=1)).status == "skipped"
    assert check_measured_line(REGRESSION, split="test", above=AccuracyLine(accuracy=0.1)).status == "skipped"


@pytest.mark.parametrize("line", [{}, {"mae": 1.0, "mse": 1.0}])
def test_a_line_is_of_one_error(line):
    with pytest.raises(ValueError, match='one of "mae" and "mse"'):
        ErrorLine(**line)


@pytest.mark.parametrize(
    ("untrained", "status"), [(None, "passed"), (Errors(mae=0.59, mse=0.9), "failed"), (Errors(mae=0.6, mse=0.1), "passed")]
)
def test_an_error_that_untrained_models_have_too_is_not_learned(untrained, status):
    """Of the figure that is asked for."""
    measured = structs.replace(REGRESSION, untrained=untrained)

    assert check_measured_line(measured, split="held_out", below=ErrorLine(mae=0.6)).status == status
