"""Where the checks of a training draw their bounds, and what they say at each."""

from __future__ import annotations

from typing import Any

import pytest

from grader.checks.measured import check_measured_accuracy
from grader.checks.registry import CheckOutcome
from grader.checks.returns import check_matches_training, check_return_form, check_returned_history
from grader.checks.training import check_asked_epochs, check_reached_line, check_training_data
from grader.courses.yaml_tree import Percent
from grader.records.clues import Symptom
from grader.records.run import Architecture, DataMatch, Measurement, Run, RunEnd
from grader.records.verdict import TrainingRecord

GOOD: dict[str, Any] = {"dataset": "mnist", "examples": 60000, "trained_on": 60000, "train": 60000}
TESTS: dict[str, Any] = {"examples": 10000, "trained_on": 10000, "train": 0, "test": 10000}


def match(_split: str = "train", _asked: str = "mnist", **changes: Any) -> CheckOutcome:
    """The outcome for a match that differs from a good one in `changes`."""
    examples = 60000 if _split == "train" else 10000
    return check_training_data(DataMatch(**{**GOOD, **changes}), _asked, split=_split, examples=examples)  # type: ignore[arg-type]


def run_of(*figures: float, **settings: Any) -> Run:
    epochs = [{"epoch": float(at), "accuracy": value} for at, value in enumerate(figures)]
    training = TrainingRecord(epochs=epochs, stopped_by="callback", examples=60000, seed=7)
    return Run(seed=7, end=RunEnd(kind="completed"), training=training, **settings)


@pytest.mark.parametrize(("held_back", "status"), [(20000, "passed"), (20001, "failed"), (0, "passed")])
def test_a_third_may_be_held_back(held_back: int, status: str) -> None:
    """Exactly a third, and no image more."""
    left = 60000 - held_back
    assert match(train=left, examples=left, trained_on=left, held_back=held_back).status == status


@pytest.mark.parametrize(("seen", "status"), [(63000, "passed"), (63001, "failed")])
def test_a_last_batch_may_add_a_twentieth(seen: int, status: str) -> None:
    """An epoch of more brought images again."""
    assert match(trained_on=seen).status == status


def test_the_other_split_is_named() -> None:
    """Whichever of the two was asked for."""
    assert str(match(**TESTS).message).startswith("trained on the test set (10,000 images), not on the training")
    assert str(match("test").message).startswith("trained on the training set (60,000 images), not on the test")
    assert "1 image of the test set among them" in str(match(test=1).message)
    assert "1 image of the training set among them" in str(match("test", **{**TESTS, "train": 1}).message)


def test_only_foreign_data_asks_for_the_cause_of_foreign_data() -> None:
    """A slip in the text that explains it doesn't explain another fault."""
    found = [match(**changes).symptom for changes in ({"repeated": 5}, {"dataset": "fashion_mnist"}, {"dataset": None})]
    assert found == [None, None, Symptom.FOREIGN_DATA]


@pytest.mark.parametrize(("unknown", "augmented"), [(30000, False), (30001, True)])
def test_mostly_unknown_images_were_augmented(unknown: int, augmented: bool) -> None:
    """Half of them may be anything; the exercise's own hint is about their number, and stays where nothing is surer."""
    found = match(unknown=unknown, train=60000 - unknown)
    assert ("augmentation" in str(found.hint), found.beside) == (augmented, augmented)


def test_one_unknown_example_is_a_lost_axis() -> None:
    """Not where it is the dataset's."""
    lost = match(dataset=None, examples=1, trained_on=1, train=0)
    one = match(examples=1, trained_on=1, train=1)
    assert ["first axis" in str(found.hint) for found in (lost, one)] == [True, False]


def test_the_test_set_is_for_evaluating_only_where_training_was_asked() -> None:
    """Of an exercise on the test images it would be wrong."""
    assert "`evaluate`" in str(match(**TESTS).hint)
    assert match("test", **{**TESTS, "train": 5}).hint is None
    assert match(train=6000, examples=6000, trained_on=6000).hint is None


def test_what_was_done_to_the_images_is_shown() -> None:
    """Where something was."""
    assert match(preprocessing="divided by 255").got == "divided by 255"
    assert match().got is None


def test_a_course_s_own_dataset_goes_by_its_name() -> None:
    """An embedded one by its title."""
    wanted = [str(match("train", name, dataset=name, repeated=1).expected) for name in ("mnist", "flowers")]
    assert ["of MNIST," in wanted[0], "of flowers," in wanted[1]] == [True, True]


@pytest.mark.parametrize(("asked", "status"), [(10, "passed"), (12, "failed"), (None, "failed")])
def test_fit_is_asked_for_the_epochs_of_the_exercise(asked: int | None, status: str) -> None:
    """The number that stands there is said."""
    run = run_of(0.9, fit_epochs=asked)
    found = check_asked_epochs(run, run.training, epochs=10)  # type: ignore[arg-type]
    assert found.status == status
    assert status == "passed" or f"asked for {asked or 0} epochs" in str(found.message)


@pytest.mark.parametrize(("logged", "missing"), [({"loss": 1.0}, True), ({"loss": 1.0, "val_loss": 1.0}, False)])
def test_validation_data_is_missing_where_nothing_was_validated(logged: dict[str, float], missing: bool) -> None:
    """Else only the metric is."""
    record = TrainingRecord(epochs=[{"epoch": 0.0, **logged}], stopped_by="epochs", examples=9, seed=7)
    found = check_reached_line(record, Measurement(train_accuracy=0.9, test_accuracy=0.9), metric="val_accuracy", above=Percent(0.9))
    assert ("validation_data" in str(found.hint), "metrics=" in str(found.hint)) == (missing, True)


def test_nothing_to_return_where_nothing_was_fitted() -> None:
    """A function that called `fit` and returned nothing lacks its `return`; one that returned something wrong, too."""
    fitted = run_of(0.9, architecture=Architecture(layers=[], parameters=1))
    plain = Run(seed=7, end=RunEnd(kind="completed"))
    told = [str(check_return_form(value, run).message) for value, run in ((None, plain), (None, fitted), (5, plain))]
    assert ["never called" in text for text in told] == [True, False, False]


def test_what_came_in_the_place_of_a_history_is_named() -> None:
    """Nothing, or its kind."""
    said = [str(check_returned_history(value, run_of(0.9)).got) for value in (None, 0.5)]
    assert said[0] == "nothing (None)"
    assert said[1] != said[0]


@pytest.mark.parametrize(("accuracy", "status"), [(0.9, "passed"), (0.95, "failed")])
def test_the_returned_accuracy_is_the_last_one(accuracy: float, status: str) -> None:
    """As it was measured."""
    assert check_matches_training([[0, 1], accuracy], run_of(0.5, 0.9)).status == status


def test_a_measured_accuracy_may_be_the_line_itself() -> None:
    """`at_least` includes it."""
    measured = Measurement(train_accuracy=0.9, test_accuracy=0.95)
    found = [check_measured_accuracy(measured, split="test", at_least=Percent(line)).status for line in (0.95, 0.9501)]
    assert found == ["passed", "failed"]
