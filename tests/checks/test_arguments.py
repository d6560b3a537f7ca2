"""The YAML of a check against its signature."""

from __future__ import annotations

import pytest

from grader.checks import check_arguments, convert_arguments
from grader.courses.exercise import CheckSpec
from grader.courses.yaml_nodes import Problems
from grader.courses.yaml_tree import parse_yaml


def faults(text: str) -> list[str]:
    """The problems of one entry of `checks:`, as `line:column: message`."""
    problems = Problems("exercise.yaml")
    check_arguments(parse_yaml(text, problems), problems)
    return [f"{item.line}:{item.column}: {item.message}" for item in problems.found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{check: architecture.layer}", '1:9: no check "architecture.layer"; did you mean "architecture.layers"?'),
        ("{check: nonsense}", '1:9: no check "nonsense"'),
        (
            "{check: training.epochs, args: {belo: 20, below: 20}}",
            '1:33: training.epochs has no argument "belo"; did you mean "below"?',
        ),
        ("{check: training.epochs}", '1:1: training.epochs needs the argument "below"'),
        ("{check: training.epochs, args: {}}", '1:32: training.epochs needs the argument "below"'),
        ("{check: training.epochs, args: {below: few}}", '1:40: expected a whole number, got "few"'),
        (
            "{check: training.data, args: {split: trian, examples: 1}}",
            '1:38: expected one of train, test, got "trian"; did you mean "train"?',
        ),
        (
            "{check: architecture.layers, args: {Conv2d: 1}}",
            '1:37: architecture.layers has no argument "Conv2d"; did you mean "Conv2D"?',
        ),
        ("{check: architecture.layers, args: {Conv2D: one}}", '1:45: expected a whole number, got "one"'),
        ("{check: architecture.layers}", "1:1: architecture.layers needs at least one argument"),
        (
            "{check: training.reaches, args: {metric: accuracy, above: 998%}}",
            '1:59: expected a share from 0% to 100%, got "998%"',
        ),
        ("{check: returns.shape, args: {x: 1}}", '1:31: returns.shape has no argument "x"'),
    ],
)
def test_a_fault_is_named_where_it_stands(text: str, expected: str) -> None:
    """The message has the place of the faulty node, the value received and, if one is near, the right name."""
    assert faults(text) == [expected]


def test_all_faults_are_found_at_once() -> None:
    """Two wrong arguments and a missing one are three problems."""
    assert len(faults("{check: training.reaches, args: {metrics: accuracy, above: high}}")) == 3


@pytest.mark.parametrize(
    "text",
    [
        "{check: returns.shape}",
        "{check: returns.shape, args: {}}",
        "{check: architecture.layers, args: {Conv2D: 1, MaxPooling2D: 0}}",
        "{check: callback.stops_when, args: {metric: accuracy, above: 0.998}}",
        "{check: training.reaches, args: {metric: accuracy, above: 99.8%}}",
    ],
)
def test_a_right_entry_has_no_fault(text: str) -> None:
    """What the design shows is accepted."""
    assert faults(text) == []


@pytest.mark.parametrize("written", ["99.8%", 0.998])
def test_a_share_may_be_written_either_way(written: object) -> None:
    """`99.8%` and `0.998` give a check the same number."""
    spec = CheckSpec(id="t", check="training.reaches", points=1, args={"metric": "accuracy", "above": written})
    assert convert_arguments(spec) == {"metric": "accuracy", "above": 0.998}


def test_counts_are_typed() -> None:
    """Arguments under `**` get that parameter's type."""
    spec = CheckSpec(id="t", check="architecture.layers", points=1, args={"Conv2D": 1})
    assert convert_arguments(spec) == {"Conv2D": 1}


def test_an_argument_of_a_wrong_type_is_refused() -> None:
    """A spec that never went through loading fails with the value's fault."""
    spec = CheckSpec(id="t", check="training.epochs", points=1, args={"below": "few"})
    with pytest.raises(ValueError, match="Expected `int`, got `str`"):
        convert_arguments(spec)
