"""A logged accuracy against what the model reaches on the same images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import Input, layers  # noqa: E402

from grader.protocol.orders import Answer, Event, FitArguments, Order  # noqa: E402
from grader.trainer.match.digests import DigestCache  # noqa: E402
from grader.trainer.match.ordered_data import MatchCache  # noqa: E402
from grader.trainer.submission_trainer import ProcessState, SubmissionTrainer  # noqa: E402
from grader.trainer.training.agreement import Logged, Sample  # noqa: E402

pytestmark = pytest.mark.keras
LABELS = np.arange(1000) % 10
EXAMPLES = np.eye(10, dtype="float32")[LABELS]
SEEN = Sample(examples=EXAMPLES, labels=LABELS, batch=40)
KNOWS, GUESSES = [np.eye(10)], [np.zeros((10, 10))]


def told(*accuracies: float, restore: int | None = None, weights: Any = (), averaged: bool = False) -> Logged:
    logged = Logged()
    logged.begin("accuracy", SEEN, averaged=averaged)
    for index, accuracy in enumerate(accuracies):
        event = Event(hook="epoch_end", index=index, logs={"accuracy": accuracy})
        logged.note(event, Answer(), weights[index] if weights else [])
    logged.note(Event(hook="train_end"), Answer(restore=restore), [])
    return logged


def identity(*others: Any) -> Any:
    return keras.Sequential([Input((10,)), *others, layers.Activation("linear")])


def gap(logged: Logged, measured: float, model: Any) -> float:
    return logged.find_gap(measured, lambda: model)[0]


def blind() -> Any:
    return identity(layers.Rescaling(0.0))


def test_what_a_model_has_is_no_gap() -> None:
    """The images of the training count, not all of the dataset's: a part of them may have been learned by heart."""
    assert gap(told(0.99), 0.4, identity()) == 0.0


def test_what_a_model_has_not() -> None:
    """A model that knows nothing has a tenth."""
    assert gap(told(0.99), 0.1, blind()) == pytest.approx(0.89)


@pytest.mark.parametrize(("count", "wrong", "left"), [(80, 4, 0.0), (80, 8, 0.05), (1000, 100, 0.1)])
def test_of_few_examples_some_may_be_lost_again(count: int, wrong: int, left: float) -> None:
    """The steps of an epoch go on after an example was counted; of 80, four are a large share."""
    labels = LABELS[:count].copy()
    labels[:wrong] = (labels[:wrong] + 1) % 10
    logged = Logged()
    logged.begin("accuracy", Sample(examples=EXAMPLES[:count], labels=labels, batch=10))
    logged.note(Event(hook="epoch_end", index=0, logs={"accuracy": 1.0}), Answer(), [])

    assert gap(logged, 0.5, identity()) == pytest.approx(left)


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


def weighted(weights: Any) -> Any:
    model = identity(layers.Dense(10, use_bias=False))
    model.set_weights(weights)
    return model


@pytest.mark.parametrize(
    ("weights", "averaged", "found"),
    [
        ((GUESSES, KNOWS), False, 0.89),
        ((KNOWS, GUESSES), False, 0.0),
        ((GUESSES, KNOWS), True, 0.89),
        ((KNOWS, GUESSES), True, 0.0),
    ],
)
def test_the_best_epoch_is_tried_with_its_own_weights(weights: Any, averaged: bool, found: float) -> None:
    """A line that was crossed in an epoch of which nothing is left; averages of weights have logged nothing."""
    model = weighted(GUESSES if averaged else KNOWS)
    before = [np.array(each) for each in model.get_weights()]

    assert gap(told(0.99, 0.6, weights=weights, averaged=averaged), 1.0, model) == pytest.approx(found)
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))


def test_a_training_without_an_epoch_hides_no_earlier_one() -> None:
    """Neither the last epoch of the training before, nor the best one of all."""
    logged, kept = told(0.99), told(0.99, weights=[GUESSES])
    for each in (logged, kept):
        each.begin("accuracy", SEEN)
    kept.note(Event(hook="epoch_end", index=0, logs={"accuracy": 0.3}), Answer(), KNOWS)

    assert (gap(logged, 0.1, blind()), gap(kept, 1.0, weighted(KNOWS))) == (pytest.approx(0.89), pytest.approx(0.89))


def test_no_accuracy_is_no_gap() -> None:
    """Nothing was logged that is an accuracy."""
    logged = Logged()
    logged.begin(None, SEEN)
    logged.note(Event(hook="epoch_end", logs={"accuracy": 1.0}), Answer(), [])

    assert gap(logged, 0.1, blind()) == 0.0


class Channel:
    """A student's side that says it went back to the first epoch, whatever it is told."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, message: Any, buffers: Any = ()) -> None:
        self.sent.append((message, len(buffers)))

    def receive(self) -> Answer:
        return Answer(restore=0)


@pytest.mark.parametrize("given", [True, False])
def test_nobody_goes_back_to_weights_that_were_never_given(given: bool) -> None:
    """The trainer keeps weights for itself; only who is given them can name an epoch, and hide the last one by it."""
    channel: Any = Channel()
    state = ProcessState(archive=None, machine="here", device="cpu", find=MatchCache(DigestCache()))
    trainer = SubmissionTrainer(channel, state)
    trainer.order = Order(
        model=0, architecture="", compile="", fit=FitArguments(), arrays=[], weights_each_epoch=given
    )
    trainer.logged_of[0] = logged = told(0.2, 0.99)
    answer = trainer._ask_callbacks(Event(hook="train_end"), [np.zeros(3)])

    assert answer.restore == (0 if given else None)
    assert logged.last is not None
    assert (logged.last.accuracy, channel.sent[0][1]) == ((0.2, 1) if given else (0.99, 0))
