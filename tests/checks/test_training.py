"""The data, the curve and the measurement against the exercise's lines."""

from __future__ import annotations

from typing import Any

import pytest

from grader.checks.measured import check_measured_accuracy
from grader.checks.training import check_epoch_count, check_reached_line, check_training_data
from grader.courses.yaml_tree import Percent
from grader.records.run import DataMatch, Measurement
from grader.records.verdict import CutEpoch, TrainingRecord

GOOD: dict[str, Any] = {"dataset": "mnist", "examples": 60000, "trained_on": 60000, "train": 60000}


def match(**changes: Any) -> str:
    """The message, with the status before it, for a match that differs from a good one in `changes`."""
    outcome = check_training_data(DataMatch(**{**GOOD, **changes}), "mnist", split="train", examples=60000)
    return f"{outcome.status}: {outcome.message}"


def test_images_held_back_by_hand_are_as_good_as_by_a_split() -> None:
    """Up to a third of the images may be validation data instead."""
    changes = {"examples": 55000, "trained_on": 55000, "train": 55000, "held_back": 5000}
    assert match(**changes) == "passed: trained on 55,000 training images, with 5,000 held back for validation"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train": 6000, "examples": 6000, "trained_on": 6000}, "trained on 6,000 of the 60,000 training images"),
        (
            {"labels_wrong": 3, "wrong_labels_at": [17, 40, 41]},
            "labels differ from the dataset at 3 places (first: 17, 40, 41)",
        ),
        ({"labels_wrong": 1, "wrong_labels_at": [17]}, "labels differ from the dataset at 1 place (first: 17)"),
        ({"dataset": "fashion_mnist"}, "trained on Fashion-MNIST instead of MNIST"),
        (
            {"telling": True},
            "the images are ordered by label (for example sorted by class) and are not shuffled",
        ),
        ({"dataset": None, "unknown": 60000}, "the 60,000 examples in the training are not images of MNIST"),
        ({"train": 39000, "held_back": 21000}, "trained on 39,000 of the 60,000 training images"),
        ({"train": 50000, "held_back": 5000}, "trained on 50,000 of the 60,000 training images"),
        (
            {"train": 50000, "held_back": 10000, "trained_on": 3200},
            "an epoch saw only 3,200 of the 60,000 images (at most a third may be held back)",
        ),
        (
            {"dataset": None, "examples": 1, "preprocessing": "images of the shape (60000, 28, 28)"},
            "`fit` was given 1 example, not the images of MNIST: images of the shape (60000, 28, 28)",
        ),
        (
            {"test": 10000, "examples": 70000, "trained_on": 60000},
            "10,000 images of the test set among them",
        ),
        (
            {"unknown": 5, "train": 59995},
            "trained on 59,995 of the 60,000 training images; 5 images that the dataset doesn't have",
        ),
        ({"repeated": 60000, "examples": 120000, "trained_on": 120000}, "60,000 images given more than once"),
        (
            {"trained_on": 6000},
            "an epoch saw only 6,000 of the 60,000 images (at most a third may be held back)",
        ),
        ({"trained_on": 120000}, "an epoch saw 120,000 examples, more than the 60,000 images there are"),
    ],
)
def test_other_data_is_described_in_numbers(changes: dict[str, Any], message: str) -> None:
    """Each way of training on something else has its own message."""
    assert match(**changes) == f"failed: {message}"


def test_images_that_are_left_out_by_choice_are_a_fault() -> None:
    """The trained model shows it; before the training nothing is known."""
    data = DataMatch(**{**GOOD, "train": 59904, "left_out": 96})
    for chosen, status in (((70, 96), "failed"), (None, "passed")):
        measured = Measurement(train_accuracy=0.99, test_accuracy=0.98, chosen=chosen)
        outcome = check_training_data(data, "mnist", measured=measured, split="train", examples=60000)

        assert outcome.status == status
        assert ("70 wrong" in outcome.message) == (status == "failed")


@pytest.mark.parametrize(
    "changes",
    [{}, {"trained_on": 40000}, {"same_order": False}, {"trained_on": 60032}, {"train": 59904, "left_out": 96, "trained_on": 59904}],
)
def test_the_whole_set_passes(changes: dict[str, Any]) -> None:
    """Any order, a third held back for validation and a full last batch are fine."""
    assert match(**changes) == "passed: trained on all 60,000 training images"


def test_the_test_split_can_be_asked_for() -> None:
    """With `split: test` the roles of the splits are swapped."""
    given = DataMatch(dataset="mnist", examples=10001, trained_on=10001, test=10000, train=1)
    outcome = check_training_data(given, "mnist", split="test", examples=10000)
    assert outcome.message == "1 image of the training set among them"


def record(*figures: float, stopped_by: Any = "epochs", metric: str = "accuracy") -> TrainingRecord:
    logs = [{"epoch": float(index), metric: value} for index, value in enumerate(figures)]
    return TrainingRecord(epochs=logs, stopped_by=stopped_by, examples=60000, seed=7)


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        (record(0.95, 0.9984), "passed", "accuracy reached 0.9984 in epoch 2, above 0.998"),
        (record(0.9986, 0.997), "passed", "accuracy reached 0.9986 in epoch 1, above 0.998"),
        (
            record(0.9986, 0.9999, 0.99),
            "passed",
            "accuracy reached 0.9986 in epoch 1, above 0.998",
        ),
        (
            record(0.95, 0.99797),
            "failed",
            "the highest accuracy was 0.99797, in epoch 2 of 2; that is not above 0.998",
        ),
        (record(0.998), "failed", "the highest accuracy was 0.998, in epoch 1 of 1; that is not above 0.998"),
        (
            record(0.95, stopped_by="limit"),
            "failed",
            "the highest accuracy was 0.9500, in epoch 1 of 1; that is not above 0.998; "
            "the time limit ended the training there",
        ),
        (record(0.1, metric="loss"), "failed", "the training logged no accuracy"),
        (record(stopped_by="limit"), "skipped", "not judged: the time limit came before the end of the first epoch"),
        (record(stopped_by="epochs"), "failed", "the training ended before its first epoch"),
    ],
)
def test_reaching_the_line(given: TrainingRecord, status: str, message: str) -> None:
    """A figure above the line in any epoch passes; one on the line does not."""
    outcome = check_reached_line(given, metric="accuracy", above=Percent(0.998))
    assert (outcome.status, outcome.message) == (status, message)


def test_a_missing_metric_is_explained() -> None:
    """The logs that came are listed, with the argument that adds the missing one."""
    outcome = check_reached_line(record(0.1, metric="loss"), metric="val_accuracy", above=Percent(0.9))
    assert (outcome.got, outcome.hint) == ("only loss", "Ask for it with `validation_data=` in `fit` and `metrics=['accuracy']` in `compile`.")


def test_a_part_of_an_epoch_reaches_nothing() -> None:
    """An accuracy of a few batches isn't that of an epoch, and the way out is said."""
    cut = TrainingRecord(
        epochs=[{"epoch": 0}],
        stopped_by="callback",
        examples=60000,
        seed=7,
        cut_epochs=[CutEpoch(at=0, figures={"accuracy": 1.0})],
    )
    outcome = check_reached_line(cut, metric="accuracy", above=Percent(0.9))
    assert (outcome.status, outcome.got) == ("failed", "accuracy 1 after a part of the images")
    assert outcome.message.startswith("the callback ended the epoch early")


@pytest.mark.parametrize(
    ("number", "stopped_by", "status", "message"),
    [
        (19, "epochs", "passed", "the training ended after 19 epochs"),
        (1, "callback", "passed", "the training ended after 1 epoch"),
        (20, "callback", "failed", "the training ran for 20 epochs; fewer than 20 are allowed"),
        (5, "limit", "skipped", "not judged: the time limit ended the training after 5 epochs"),
        (20, "limit", "failed", "the training ran for 20 epochs; fewer than 20 are allowed"),
    ],
)
def test_number_of_epochs(number: int, stopped_by: str, status: str, message: str) -> None:
    """The epochs that ran count; below the limit of time nothing can be said."""
    outcome = check_epoch_count(record(*[0.9] * number, stopped_by=stopped_by), below=20)
    assert (outcome.status, outcome.message) == (status, message)


@pytest.mark.parametrize(
    ("split", "at_least", "status", "message"),
    [
        ("test", 0.97, "passed", "the trained model gets 97 % of the test images right"),
        ("train", 0.999, "failed", "the trained model gets 99.85 % of the training images right; "
                                   "expected at least 99.9 %"),
    ],
)  # fmt: skip
def test_measured_accuracy(split: Any, at_least: Any, status: str, message: str) -> None:
    """A figure on the floor passes."""
    outcome = check_measured_accuracy(Measurement(train_accuracy=0.9985, test_accuracy=0.97), split=split, at_least=at_least)
    assert (outcome.status, outcome.message) == (status, message)


def test_accuracy_that_was_not_learned_counts_for_nothing() -> None:
    """Neither the figure that was logged nor the one that is measured, however high."""
    brought = Measurement(train_accuracy=0.9985, test_accuracy=0.97, brought=True)

    assert check_measured_accuracy(brought, split="test", at_least=0.5).status == "failed"
    assert check_reached_line(record(0.999), brought, metric="accuracy", above=0.5).status == "failed"


@pytest.mark.parametrize(
    ("changes", "way_out"),
    [
        ({"train": 0, "test": 10000, "examples": 10000, "trained_on": 10000}, "the test set is for `evaluate`"),
        ({"labels_wrong": 9, "wrong_labels_at": [1]}, "divide only the images by 255"),
        ({"dataset": "fashion_mnist"}, "`tf.keras.datasets.mnist.load_data()`"),
        ({"telling": True}, "Leave `shuffle=False` out"),
    ],
)
def test_wrong_data_come_with_the_way_out(changes, way_out):
    """What to change first, not only what is wrong."""
    outcome = check_training_data(DataMatch(**{**GOOD, **changes}), "mnist", split="train", examples=60000)

    assert way_out in (outcome.hint or "")


@pytest.mark.parametrize(
    ("figures", "way_out"),
    [
        ([0.09, 0.1, 0.11], "hardly better than guessing"),
        ([0.8, 0.85, 0.9], "still rising at the end"),
        ([0.8, 0.97, 0.96], None),
        ([0.94, 0.97], None),
    ],
)
def test_a_training_below_the_line_is_told_what_its_figures_show(figures, way_out):
    """Guessing, slow, or neither; that `fit` was asked for few epochs is known elsewhere."""
    record = TrainingRecord(
        epochs=[{"epoch": index, "accuracy": value} for index, value in enumerate(figures)],
        stopped_by="epochs",
        examples=60000,
        seed=7,
    )
    outcome = check_reached_line(record, metric="accuracy", above=Percent(0.99))

    assert (way_out in (outcome.hint or "")) if way_out else outcome.hint is None


def test_images_of_another_kind_may_have_been_augmented() -> None:
    """Turned or shifted images are nobody's: the way out is a layer in the model; images of another dataset get another hint."""
    turned = check_training_data(DataMatch(dataset=None, examples=60000, trained_on=60000, unknown=60000), "mnist", split="train", examples=60000)
    mostly = DataMatch(dataset="mnist", examples=60000, trained_on=60000, train=20000, unknown=40000)
    other = DataMatch(dataset="fashion_mnist", examples=60000, trained_on=60000, train=60000)

    assert "`RandomRotation`" in (turned.hint or "")
    assert "`RandomRotation`" in (check_training_data(mostly, "mnist", split="train", examples=60000).hint or "")
    assert "load_data" in (check_training_data(other, "mnist", split="train", examples=60000).hint or "")


@pytest.mark.parametrize(("train", "share", "status"), [(600, 1.0, "passed"), (480, 0.75, "passed"), (480, 0.85, "failed"), (480, 1.0, "failed")])
def test_a_share_of_the_rows_may_be_enough(train, share, status):
    """Where students split a table by themselves, and keep a part for tests."""
    data = DataMatch(dataset="houses", examples=train, trained_on=train, train=train, kind="row", unit="row")

    outcome = check_training_data(data, "houses", split="train", examples=600, share=share)

    assert outcome.status == status
    assert outcome.message == ("trained on all 600 training rows" if train == 600 else "trained on 480 training rows of 600" if status == "passed" else "trained on 480 of the 600 training rows")


def test_what_is_no_row_is_told_with_its_reason():
    data = DataMatch(dataset=None, examples=600, trained_on=600, unknown=600, kind="row", unit="row", fault="column 4 of 4 is the label, or was made from it")

    outcome = check_training_data(data, "houses", split="train", examples=600)

    assert outcome.message == "the 600 examples in the training are not rows of houses: column 4 of 4 is the label, or was made from it"
    assert "drop the label" in outcome.hint


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"train": 80, "trained_on": 80}, "passed"),
        ({"train": 20, "trained_on": 20}, "passed"),
        ({"train": 25, "trained_on": 30, "repeated": 5}, "passed"),
        ({"train": 80, "trained_on": 640, "repeated": 560}, "passed"),
        ({"train": 19, "trained_on": 20, "repeated": 1}, "failed"),
        ({"train": 20, "trained_on": 20, "labels_wrong": 1}, "failed"),
        ({"train": 20, "trained_on": 30, "unknown": 10}, "failed"),
        ({"train": 20, "trained_on": 30, "test": 10}, "failed"),
    ],
)
def test_an_epoch_may_take_a_part_where_the_exercise_says_so(changes: dict[str, Any], status: str) -> None:
    """With `steps_per_epoch`: so many different images at least, and nothing else."""
    data = DataMatch(dataset="faces", examples=changes["trained_on"], **changes)

    outcome = check_training_data(data, "faces", split="train", examples=80, at_least=20)

    assert outcome.status == status
    if status == "passed":
        assert outcome.message.startswith("trained on all 80" if changes["train"] == 80 else f"trained on {changes['train']} training images of 80")


def test_several_outputs_are_told_with_a_way_out() -> None:
    """Instead of calling their examples foreign."""
    data = DataMatch(dataset=None, examples=60000, trained_on=60000, unknown=60000, outputs=2)

    outcome = check_training_data(data, "mnist", split="train", examples=60000)

    assert "1 array of examples and 2 arrays of labels" in outcome.message
    assert "one input and one output" in outcome.hint
