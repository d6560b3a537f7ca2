"""A logged accuracy against what the model reaches on the same images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import Input, layers  # noqa: E402

from grader.protocol.wire import Answer, Event  # noqa: E402
from grader.trainer.training.agreement import Logged, Sample  # noqa: E402

pytestmark = pytest.mark.keras
LABELS = np.arange(400) % 10
EXAMPLES = np.eye(10, dtype="float32")[LABELS]


def told(*accuracies: float, restore: int | None = None) -> Logged:
    logged = Logged("accuracy")
    for index, accuracy in enumerate(accuracies):
        logged.note(Event(hook="epoch_end", index=index, logs={"accuracy": accuracy}), Answer())
    logged.note(Event(hook="train_end"), Answer(restore=restore))
    return logged


def identity(*others: Any) -> Any:
    return keras.Sequential([Input((10,)), *others, layers.Activation("linear")])


def gap(logged: Logged, measured: float, model: Any) -> float:
    return logged.gap(measured, Sample(examples=EXAMPLES, labels=LABELS, batch=40), lambda: model)


def blind() -> Any:
    return identity(layers.Rescaling(0.0))


def test_what_a_model_has_is_no_gap() -> None:
    """The images of the training count, not all of the dataset's: a part of them may have been learned by heart."""
    assert gap(told(0.99), 0.4, identity()) == 0.0


def test_what_a_model_has_not() -> None:
    """A model that knows nothing has a tenth."""
    assert gap(told(0.99), 0.1, blind()) == pytest.approx(0.89)


def test_the_weights_of_an_earlier_epoch_answer_for_that_epoch() -> None:
    """A callback may go back to a worse epoch than the last."""
    assert (gap(told(0.1, 0.99), 0.1, blind()), gap(told(0.1, 0.99, restore=0), 0.1, blind())) == (pytest.approx(0.89), 0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras and NumPy, on copies of arrays
def test_moving_averages_that_lag_behind_are_no_gap() -> None:
    """BatchNormalization is asked as in the training, too, and keeps its averages."""
    late = identity(layers.BatchNormalization(center=False, scale=False))
    late.layers[0].moving_variance.assign(np.full(10, 1e9))
    late.layers[0].moving_mean.assign(np.array([-1e9, *[0.0] * 9]))
    before = [np.array(variable) for variable in late.variables]

    assert gap(told(0.99), 0.1, late) == 0.0
    assert all(np.array_equal(one, np.array(other)) for one, other in zip(before, late.variables, strict=True))


def test_no_accuracy_is_no_gap() -> None:
    """Nothing was logged that is an accuracy."""
    logged = Logged(None)
    logged.note(Event(hook="epoch_end", logs={"accuracy": 1.0}), Answer())

    assert gap(logged, 0.1, blind()) == 0.0
