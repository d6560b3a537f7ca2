"""What the weights of a model went through, where they come from another training: nothing gets lost on the way."""

import msgspec
import pytest

from grader.grading.ledger import RunRecorder
from grader.protocol.channel import MalformedMessage
from grader.protocol.orders import FitArguments, Order, Origin, Trained
from grader.protocol.wire import Opened
from grader.records.run import Architecture, DataMatch

WHOLE = DataMatch(dataset="mnist", examples=60000, trained_on=60000, train=60000)
TESTS = DataMatch(dataset="mnist", examples=10000, trained_on=10000, test=10000)


def begin(ledger, model, data, origin=None, compilation=0):
    order = Order(model=model, compilation=compilation, origin=origin, architecture="{}", compile="{}", fit=FitArguments(), arrays=[])
    ledger.record_order(order, Opened(architecture=Architecture(layers=[], parameters=1), data=data))
    return ledger.begin_fit()


def fit(ledger, model, epochs, data=WHOLE, origin=None, compilation=0, in_between=()):
    """One fit; weights are given out after the epochs of `in_between` and at the end."""
    logs = begin(ledger, model, data, origin, compilation)
    for index in range(epochs):
        logs.append({"epoch": index, "accuracy": 0.5})
        if index in in_between:
            ledger.note_handout(logs)
    ledger.end_fit(Trained(stopped_by="epochs", seconds=1.0), logs)
    ledger.note_handout([])


def went_through(ledger):
    return len(ledger.training.epochs), ledger.data


def test_a_loaded_model_has_gone_through_what_the_saved_one_went_through():
    """Its epochs and its data."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, 8, TESTS)

    fit(ledger, 1, 1, origin=Origin(handout=0, optimizer=0))

    assert went_through(ledger) == (9, TESTS)


def test_weights_of_the_middle_have_gone_through_less():
    """What was trained after them doesn't count, but for what the data was at worst."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, 8, in_between=(1, 4))

    fit(ledger, 1, 1, origin=Origin(handout=0))

    assert went_through(ledger) == (3, WHOLE)


def test_a_model_that_goes_back_to_its_own_weights_has_gone_through_all():
    """Its optimizer has seen the rest."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, 8, in_between=(1,))

    for compilation, epochs in ((0, 9), (1, 10)):
        fit(ledger, 0, 1, origin=Origin(handout=0), compilation=compilation)

        assert went_through(ledger) == (epochs, WHOLE)


def test_first_weights_and_a_new_optimizer_are_a_new_beginning():
    """A search for a rate costs nothing; without compiling anew the optimizer remembers it."""
    for compilation, seen in ((1, (2, WHOLE)), (0, (5, TESTS))):
        ledger = RunRecorder(7, "mnist")
        fit(ledger, 0, 3, TESTS)

        fit(ledger, 0, 2, origin=Origin(initial=0), compilation=compilation)

        assert went_through(ledger) == seen


@pytest.mark.parametrize(
    ("changes", "epochs"),
    [({}, 2), ({"unknown": 1}, 5), ({"labels_wrong": 1}, 5), ({"test": 1}, 5), ({"repeated": 1}, 5), ({"dataset": "other"}, 5)],
)
def test_a_search_on_some_of_the_images_costs_nothing_either(changes, epochs):
    """With the first weights put back; an optimizer that has seen anything else remembers it."""
    ledger = RunRecorder(7, "mnist")
    part = msgspec.structs.replace(WHOLE, examples=6400, trained_on=6400, train=6400, **changes)
    fit(ledger, 0, 3, part)

    fit(ledger, 0, 2, origin=Origin(initial=0))

    assert went_through(ledger) == (epochs, WHOLE if not changes else part)


def test_a_new_beginning_cleans_no_weights_that_were_given_out_before():
    """They were trained on what they were trained on."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, 3, TESTS)
    fit(ledger, 0, 1, origin=Origin(initial=0), compilation=1)

    fit(ledger, 1, 1, origin=Origin(handout=0))

    assert went_through(ledger) == (4, TESTS)


def test_the_optimizer_of_another_training_brings_what_that_went_through():
    """Weights of one and the optimizer of another have gone through both; a model's own optimizer is one of them."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, 2)
    fit(ledger, 1, 3, TESTS)

    fit(ledger, 2, 1, origin=Origin(handout=0, optimizer=1))
    assert went_through(ledger) == (6, TESTS)

    fit(ledger, 1, 1, origin=Origin(handout=0))
    assert went_through(ledger) == (6, TESTS)


@pytest.mark.parametrize("origin", [Origin(handout=1), Origin(handout=0, optimizer=7), Origin(handout=2)])
def test_weights_that_nobody_gave_out_are_no_origin(origin):
    """Nor are those of a fit that broke off, of whose data nothing is known."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, 2)
    logs = begin(ledger, 0, TESTS)
    logs.append({"epoch": 0})
    ledger.note_handout(logs)
    ledger.record_broken_fit()

    with pytest.raises(MalformedMessage, match="no whole training gave out"):
        begin(ledger, 1, WHOLE, origin)


@pytest.mark.parametrize("told", [{}, {"optimizer": 1}, {"handout": 1, "initial": 0}])
def test_an_origin_names_one_place(told):
    """One that names none would pass for a new beginning."""
    with pytest.raises(msgspec.ValidationError, match="one place"):
        msgspec.convert(told, Origin)
