"""Checks of what the trained model achieves when the trainer measures it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass, report_undecided
from grader.checks.wording import exact, format_figure
from grader.courses.yaml_tree import Percent
from grader.records.clues import Symptom
from grader.records.run import DataMatch, Measurement

SPLIT_WORDS = {"train": "training", "test": "test", "held_out": "held-out"}
ERROR_WORDS = {"mae": "mean absolute error", "mse": "mean squared error"}
BROUGHT = "the model recognises the examples without what it has learned, so its accuracy comes from elsewhere"
UNTRAINED = "the model is as near to the labels before it is trained, so its error says nothing of learning"
Split = Literal["train", "test", "held_out"]


class AccuracyLine(Struct, frozen=True, kw_only=True):
    """What an accuracy has to come above."""

    accuracy: Annotated[float, Meta(ge=0, le=1)]


class ErrorLine(Struct, frozen=True, kw_only=True):
    """What the error of a regression has to stay below: one of the two."""

    mae: Annotated[float, Meta(ge=0)] | None = None
    mse: Annotated[float, Meta(ge=0)] | None = None

    def __post_init__(self) -> None:
        if (self.mae is None) == (self.mse is None):
            raise ValueError('"below" needs one of "mae" and "mse"')

    @property
    def metric(self) -> Literal["mae", "mse"]:
        return "mse" if self.mae is None else "mae"

    @property
    def value(self) -> float:
        return self.mae if self.mae is not None else self.mse or 0.0


@register_check("measured.accuracy")
def check_measured_accuracy(
    measured: Measurement,
    data: DataMatch | None = None,
    *,
    split: Literal["train", "test", "held_out"],
    at_least: Percent,
) -> CheckOutcome:
    """The trained model is accurate enough on images it is measured on afterwards.

    Args:
        measured: accuracies that the trainer recomputed on the canonical images.
        data: what was trained on, for the word for an example.
        split: `test` holds images that the training never saw; `held_out` ones that nobody has seen, from `solutions/datasets/`.
        at_least: the floor; a figure equal to it passes.

    >>> check_measured_accuracy(Measurement(train_accuracy=0.999, test_accuracy=0.912), split="test", at_least=0.97).message
    'the trained model gets 91.2 % of the test images right; expected at least 97 %'
    """
    if measured.errors is not None:
        return report_undecided("not judged: of a regression there is no accuracy, only errors (`measured.reaches`)")
    value = measured.train_accuracy if split == "train" else measured.test_accuracy
    kind = "training" if split == "train" else "test"
    # Where solutions/ isn't at hand, as on a student's machine, the test images stand in for it.
    if split == "held_out" and measured.held_out_accuracy is not None:
        value, kind = measured.held_out_accuracy, "held-out"
    share = f"the trained model gets {format_figure(100 * value)} % of the {kind} {_find_unit(data)}s right"
    if measured.brought:
        return report_failure(BROUGHT, expected=f"at least {exact(at_least)}, by learning", got=f"{value:.4f}")
    if value >= at_least:
        return report_pass(share, got=f"{value:.4f}")
    return report_failure(
        f"{share}; expected at least {exact(100 * at_least)} %",
        expected=f"at least {exact(at_least)}",
        got=f"{value:.4f}",
        symptom=Symptom.LOW_ACCURACY,
    )


def _find_unit(data: DataMatch | None) -> str:
    return "image" if data is None else data.unit


@register_check("measured.reaches")
def check_measured_line(
    measured: Measurement,
    data: DataMatch | None = None,
    *,
    split: Split,
    above: AccuracyLine | None = None,
    below: ErrorLine | None = None,
) -> CheckOutcome:
    """The trained model gets across the line on examples it is measured on afterwards.

    Args:
        measured: figures that the trainer recomputed on the dataset's own examples.
        data: what was trained on, for the word for an example.
        split: as for `measured.accuracy`.
        above: of classes, the accuracy to come above.
        below: of a regression, the mean absolute or the mean squared error to stay below, in the units of the label.

    >>> from grader.records.run import Errors
    >>> found = Measurement(train_accuracy=0, test_accuracy=0, errors={"test": Errors(mae=0.7, mse=0.9)})
    >>> check_measured_line(found, split="held_out", below=ErrorLine(mae=0.5)).message
    'the trained model has a mean absolute error of 0.7 on the test rows; it has to be below 0.5'
    """
    if below is not None and measured.errors is not None:
        return _judge_error(measured, split, below, "row" if data is None else data.unit)
    if above is not None and measured.errors is None:
        return _judge_accuracy(measured, split, above.accuracy, "example" if data is None else data.unit)
    return report_undecided("not judged: this figure isn't measured for this dataset")


def _judge_error(measured: Measurement, split: Split, line: ErrorLine, unit: str) -> CheckOutcome:
    errors = measured.errors or {}
    # Where solutions/ isn't at hand, as on a student's machine, the test rows stand in for the held-out ones.
    shown = split if split in errors else "test"
    value = getattr(errors[shown], line.metric)
    said = (
        f"the trained model has a {ERROR_WORDS[line.metric]} of {format_figure(value)} on the {SPLIT_WORDS[shown]} {unit}s"
    )
    if measured.untrained is not None and getattr(measured.untrained, line.metric) < line.value:
        expected = f"{line.metric} below {exact(line.value)}, by learning"
        return report_failure(UNTRAINED, expected=expected, got=format_figure(value))
    if value < line.value:
        return report_pass(said, got=format_figure(value))
    return report_failure(
        f"{said}; it has to be below {exact(line.value)}",
        expected=f"{line.metric} below {exact(line.value)}",
        got=format_figure(value),
        hint="Are the features scaled, such as standardised? Is the last layer `Dense(1)`, without an activation?",
    )


def _judge_accuracy(measured: Measurement, split: Split, line: float, unit: str) -> CheckOutcome:
    value = measured.train_accuracy if split == "train" else measured.test_accuracy
    shown: Split = "train" if split == "train" else "test"
    if split == "held_out" and measured.held_out_accuracy is not None:
        value, shown = measured.held_out_accuracy, "held_out"
    said = f"the trained model gets {format_figure(100 * value)} % of the {SPLIT_WORDS[shown]} {unit}s right"
    if measured.brought:
        return report_failure(BROUGHT, expected=f"accuracy above {exact(line)}, by learning", got=f"{value:.4f}")
    if value > line:
        return report_pass(said, got=f"{value:.4f}")
    return report_failure(
        f"{said}; it has to be above {exact(100 * line)} %",
        expected=f"accuracy above {exact(line)}",
        got=f"{value:.4f}",
        symptom=Symptom.LOW_ACCURACY,
    )
