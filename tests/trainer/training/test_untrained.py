"""What models that predict numbers say before they are trained."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import Input, layers  # noqa: E402

from grader.trainer.order.model_json import parse_model_json  # noqa: E402
from grader.trainer.training.untrained import measure_untrained, predict_untrained  # noqa: E402

pytestmark = pytest.mark.keras
RANDOM = np.random.default_rng(3)
ROWS = RANDOM.normal(0, 1, (200, 2)).astype("float32")
LABELS = 2.0 * ROWS[:, 0] - ROWS[:, 1] + 5 + RANDOM.normal(0, 0.1, 200)


def describe(*parts: Any) -> dict[str, Any]:
    text = keras.Sequential([*parts]).to_json()
    return parse_model_json(json.dumps({**json.loads(text), "compile_config": None}))


def constant(value: float) -> Any:
    return keras.initializers.Constant(value)


def chosen(bias: float) -> dict[str, Any]:
    wired = layers.Rescaling([2.0, -1.0])
    return describe(Input((2,)), wired, layers.Dense(1, kernel_initializer="ones", bias_initializer=constant(bias)))


def test_chosen_first_weights_say_the_same_each_time() -> None:
    """Those that are drawn say something else in each draw, also where the file names a seed."""
    given = np.array([[7.0]], np.float32)
    half = layers.Dense(1, kernel_initializer=constant(0.5), bias_initializer=constant(0.5))
    seeded = layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(seed=3))

    assert predict_untrained(describe(Input((1,)), half), given) == [4.0] * 5
    assert len(set(predict_untrained(describe(seeded), given))) == 5


def test_errors_are_those_of_the_worst_draw_where_all_are_better_than_one_number() -> None:
    found = measure_untrained(chosen(5.3), ROWS, LABELS)

    assert found is not None
    assert (found.mae, found.mse) == (pytest.approx(0.3, abs=0.02), pytest.approx(0.1, abs=0.02))
    assert measure_untrained(chosen(-5.0), ROWS, LABELS) is None


@pytest.mark.parametrize("bias", [0.0, 5.0, np.float32(np.median(LABELS))])
def test_honest_models_are_no_better_than_one_number(bias: float) -> None:
    """Also those that begin with the middle of all labels."""
    last = layers.Dense(1, bias_initializer=constant(float(bias)))

    assert measure_untrained(describe(layers.Dense(16, activation="relu"), last), ROWS, LABELS) is None


def test_a_model_that_says_no_number_knows_nothing() -> None:
    assert measure_untrained(chosen(float("inf")), ROWS, LABELS) is None
