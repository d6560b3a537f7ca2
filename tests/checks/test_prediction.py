"""What a trained model predicts, and whether the function says the same."""

from __future__ import annotations

from typing import Any

import pytest

from grader.checks.prediction import check_prediction, check_returned_prediction
from grader.records.run import Predictions


@pytest.mark.parametrize(
    ("output", "status"),
    [(4.0, "passed"), (3.8, "passed"), (4.2001, "failed"), (3.5, "failed"), (float("nan"), "failed"), (float("inf"), "failed")],
)
def test_the_prediction_lies_near_the_right_value(output: float, status: str) -> None:
    """A model that has diverged predicts nothing."""
    predicted = Predictions(inputs=[7.0], outputs=[output])
    assert check_prediction(predicted, value=4.0, within=0.2 + 1e-9).status == status


@pytest.mark.parametrize(
    ("returned", "status"),
    [
        ([4.01], "passed"), ([[4.01]], "passed"), (4.01, "passed"), (4.0101, "passed"),
        ([401.0], "failed"), ([4.01, 4.01], "failed"), (None, "failed"), (True, "failed"), ("4.01", "failed"), ({"type": "T"}, "failed"),
        (float("nan"), "failed"),
    ],
)  # fmt: skip
def test_the_function_returns_what_the_model_predicts(returned: Any, status: str) -> None:
    """A number, or a list of one."""
    assert check_returned_prediction(returned, Predictions(inputs=[7.0], outputs=[4.01])).status == status


def test_a_diverged_model_is_told_honestly() -> None:
    """Whatever it says, it is no number."""
    diverged = Predictions(inputs=[7.0], outputs=[float("inf")])
    assert check_returned_prediction([float("nan")], diverged).status == "passed"
    assert check_returned_prediction([4.0], diverged).status == "failed"
    assert check_returned_prediction([4.0], None).status == "failed"


@pytest.mark.parametrize(
    ("got", "said"), [(399_000.0, "100,000 times"), (0.0041, "1,000th"), (3.4, None), (4e30, None), (4.4, None), (-4.0, None), (0.0, None), (float("nan"), None)]
)
def test_a_prediction_in_another_unit_is_recognised(got, said):
    """Right but for a power of ten: the numbers of the training are in another unit."""
    hint = check_prediction(Predictions(inputs=[7.0], outputs=[got]), value=4.0, within=0.2).hint

    assert (said in hint) if said else hint is None


@pytest.mark.parametrize(
    ("value", "untrained", "status"),
    [
        (4.0, [4.0] * 5, "failed"), (4.0, [3.9, 4.1], "failed"), (4.0, [4.0] * 4 + [3.7], "passed"), (4.0, [], "passed"),
        (0.1, [0.0] * 5, "passed"),
    ],
)  # fmt: skip
def test_a_number_that_first_weights_bring_is_not_learned(value: float, untrained: list[float], status: str) -> None:
    """Where each draw of them says it; drawn ones say it once by chance, and those of nought say nought."""
    predicted = Predictions(inputs=[7.0], outputs=[value], untrained=untrained)

    outcome = check_prediction(predicted, value=value, within=0.2)

    assert outcome.status == status
    assert ("before it is trained" in outcome.message) is (status == "failed")
