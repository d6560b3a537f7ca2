"""What a graded function may return, and whether it is true."""

from __future__ import annotations

from typing import Any

import pytest

from grader.checks.returns import (
    check_matches_training,
    check_return_form,
    check_returned_accuracy,
    check_returned_curve,
    check_returned_history,
)
from grader.records.run import Run, RunEnd
from grader.records.verdict import CutEpoch, TrainingRecord


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the function returned nothing (None)"),
        ({"type": "History"}, "the function returned one object (of class History), not two values"),
        ({"accuracy": 1}, "the function returned one object (a dict), not two values"),
        (0.99, "the function returned a number, not two values"),
        ("0.99", "the function returned text, not two values"),
        (True, "the function returned true or false, not two values"),
        ([], "the function returned 0 values, not 2"),
        ([[0]], "the function returned 1 value, not 2"),
        ([[0], 0.9, 1], "the function returned 3 values, not 2"),
        ([9, 0.99], "the first value is a whole number, not the list of epochs (`history.epoch`)"),
        ([{"type": "History"}, 0.99], "the first value is of class History, not the list of epochs (`history.epoch`)"),
        ([[], 0.99], "the list of epochs is empty"),
        ([[0, "1"], 0.99], "the list of epochs holds something other than whole numbers"),
        ([[0, 1], [0.9, 0.99]], "the second value is a list; take its last number with `[-1]`"),
        ([[0], "0.99"], "the second value is text, not a number"),
        ([[0], None], "the second value is None, not a number"),
        ([[0], True], "the second value is true or false, not a number"),
        ([[0], float("nan")], "the second value is NaN, not an accuracy"),
        ([[0], 99.8], "the accuracy is 99.8; write it as a share from 0 to 1, as Keras does"),
        ([[0], float("inf")], "the accuracy is inf, not a number from 0 to 1"),
        ([[0], -0.5], "the accuracy is -0.5, not a number from 0 to 1"),
    ],
)
def test_a_wrong_return_is_described(value: Any, message: str) -> None:
    """Each wrong value has a kind message, with the line to write as the hint."""
    outcome = check_return_form(value)
    assert (outcome.status, outcome.message) == ("failed", message)
    assert "return history.epoch" in str(outcome.hint)


@pytest.mark.parametrize("value", [[[0], 1], [[0, 1, 2], 0.9], [[0], 0]])
def test_epochs_and_an_accuracy_pass(value: Any) -> None:
    """A whole number from 0 to 1 is an accuracy too."""
    assert check_return_form(value).status == "passed"


def run(*epochs: int, accuracy: float | None = 0.9991) -> Run:
    """A run whose training had these epochs."""
    logs = [{"epoch": float(index)} | ({} if accuracy is None else {"accuracy": accuracy}) for index in epochs]
    training = TrainingRecord(epochs=logs, stopped_by="callback", examples=1, seed=7) if epochs else None
    return Run(seed=7, end=RunEnd(kind="completed"), training=training)


CUT = Run(
    seed=7,
    end=RunEnd(kind="completed"),
    training=TrainingRecord(
        epochs=[{"epoch": 0.0}],
        stopped_by="callback",
        examples=1,
        seed=7,
        cut_epochs=[CutEpoch(at=0, figures={"accuracy": 1.0})],
    ),
)


@pytest.mark.parametrize(
    ("returned", "given", "status", "message"),
    [
        ([[0, 1], 0.99912], run(0, 1), "passed", "what the function returned is what the training gave"),
        ([[0, 1], 0.9991], run(0, 1, 2, 0, 1), "passed", "what the function returned is what the training gave"),
        (
            [[0, 1, 2], 0.9991],
            run(0, 1),
            "failed",
            "the function returned accuracy 0.9991 after 3 epochs, but the training ran for 2: "
            "the list of epochs differs",
        ),
        (
            [[0, 1], 0.9993],
            run(0, 1),
            "failed",
            "the function returned accuracy 0.9993 after 2 epochs, but the last epoch's accuracy was 0.9991",
        ),
        (
            [[0], 0.9993],
            run(0, accuracy=None),
            "failed",
            "the function returned accuracy 0.9993 after 1 epoch, but the last epoch's accuracy was not logged",
        ),
        (
            [[0, 1], 0.9991],
            run(),
            "failed",
            "the function returned accuracy 0.9991 after 2 epochs, but nothing was trained",
        ),
        ([[0], 1.0], CUT, "passed", "what the function returned is what the training gave"),
        (None, run(0), "skipped", "not judged: the function didn't return a list of epochs and an accuracy"),
    ],
)
def test_the_claim_against_the_training(returned: Any, given: Run, status: str, message: str) -> None:
    """The last `fit` or all of them may be returned; the accuracy may differ by rounding only."""
    outcome = check_matches_training(returned, given)
    assert (outcome.status, outcome.message) == (status, message)


TRAINED = TrainingRecord(epochs=[{"epoch": 0}, {"epoch": 1}], stopped_by="callback", examples=9, seed=7)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ({"type": "History", "epoch": [0, 1], "history": {"accuracy": [0.9, 0.99]}}, "passed"),
        ({"type": "History", "epoch": [0, 1, 2], "history": {}}, "failed"),
        ({"type": "History"}, "failed"),
        ({"type": "Sequential"}, "failed"),
        ([[0, 1], 0.99], "failed"),
        (None, "failed"),
    ],
)
def test_the_history_is_that_of_the_training(value: Any, status: str) -> None:
    """The object itself, with the epochs that were measured."""
    run = Run(seed=7, end=RunEnd(kind="completed"), training=TRAINED)
    assert check_returned_history(value, run).status == status
    if status == "passed":
        untrained = Run(seed=7, end=RunEnd(kind="completed"))
        assert check_returned_history(value, untrained).status == "skipped"


MEASURED = TrainingRecord(epochs=[{"epoch": 0, "accuracy": 0.5}, {"epoch": 1, "accuracy": 0.99}], stopped_by="callback", examples=9, seed=7)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0.99005, "what the function returned is what the training gave"),
        ([[0, 1], 0.99], "what the function returned is what the training gave"),
        (0.5, "the function returned accuracy 0.5, but the last epoch's was 0.99"),
        (0.9902, "the function returned accuracy 0.9902, but the last epoch's was 0.99"),
        (None, "the function returned nothing (None)"),
        ([0.5, 0.99], "the returned value is a list; take its last number with `[-1]`"),
        ({"type": "History"}, "the returned value is of class History, not a number"),
        (True, "the returned value is true or false, not a number"),
        (99.0, "the accuracy is 99.0; write it as a share from 0 to 1, as Keras does"),
    ],
)
def test_one_accuracy_is_that_of_the_training(value: Any, message: str) -> None:
    """A number, or the list of epochs and a number; both as they were measured."""
    run = Run(seed=7, end=RunEnd(kind="completed"), training=MEASURED)
    outcome = check_returned_accuracy(value, run)

    assert (outcome.message, outcome.status) == (message, "passed" if message.startswith("what") else "failed")


def test_an_accuracy_without_a_training_is_refused() -> None:
    """Whatever it is."""
    outcome = check_returned_accuracy(0.99, Run(seed=7, end=RunEnd(kind="completed")))

    assert (outcome.status, outcome.message) == ("failed", "the function returned accuracy 0.99, but nothing was trained")


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (None, "nothing (None)", "return predict, accuracies"),
        ([[0.8, 0.9]], "two values", "return predict, accuracies"),
        ([[3, 1, 2], [0.8]], "not a function", "without brackets"),
        ([{"type": "ndarray"}, [0.8]], "not a function", "without brackets"),
        ([{"type": "function"}, []], "is empty", "accuracies.append"),
        ([{"type": "function"}, 0.8], "a number, not a short list", "accuracies.append"),
        ([{"type": "function"}, [81.0]], "other than figures from 0 to 1", "float("),
        ([{"type": "function"}, [0.8] * 469], "469 accuracies", "after the loop over the batches"),
    ],
)
def test_a_wrong_curve_is_described(value: Any, message: str, hint: str) -> None:
    """Each with its own way out."""
    said = check_returned_curve(value, fewer_than=10)

    assert (message in said.message, hint in (said.hint or "")) == (True, True)


@pytest.mark.parametrize(("said", "status"), [(0.831, "passed"), (0.8310000061988831, "passed"), (0.83, "failed"), (0.832, "failed")])
def test_three_places_are_enough(said: float, status: str) -> None:
    """A student who rounds tells the truth; another figure of three places isn't the training's."""
    training = TrainingRecord(epochs=[{"epoch": 0, "accuracy": 0.83143}], stopped_by="callback", examples=9, seed=7)
    given = Run(seed=7, end=RunEnd(kind="completed"), training=training)
    assert (check_returned_accuracy(said, given).status, check_matches_training([[0], said], given).status) == (status, status)
