"""What a ledger makes of several trainings: nothing that a model went through is ever forgotten."""

from msgspec import structs

from grader.grading.ledger import RunRecorder
from grader.protocol.orders import FitArguments, Order, Trained
from grader.protocol.wire import Measured, Opened
from grader.records.run import Architecture, DataMatch, ModelLayer


def order(model):
    return Order(model=model, architecture="{}", compile="{}", fit=FitArguments(), arrays=[])


def fit(ledger, model, data, epochs):
    ledger.record_order(order(model), Opened(architecture=Architecture(layers=[], parameters=1), data=data))
    logs = ledger.begin_fit()
    logs.extend({"epoch": index, "accuracy": 0.5} for index in range(epochs))
    ledger.end_fit(Trained(stopped_by="epochs", seconds=1.0), logs)


WHOLE = DataMatch(dataset="mnist", examples=60000, trained_on=60000, train=60000)
TESTS = DataMatch(dataset="mnist", examples=10000, trained_on=10000, test=10000)


def test_another_model_between_hides_no_epochs():
    """Epochs before the training of another model count for the model that they trained."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, WHOLE, 8)
    fit(ledger, 1, WHOLE, 1)

    fit(ledger, 0, WHOLE, 1)

    assert len(ledger.training.epochs) == 9


def test_another_model_between_hides_no_data():
    """What a model saw before another one was trained is what it saw."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, TESTS, 1)
    fit(ledger, 1, WHOLE, 1)

    fit(ledger, 0, WHOLE, 1)

    assert ledger.data == TESTS


def test_another_dataset_after_the_right_one_is_not_forgotten():
    """Nor one before it."""
    clothes = DataMatch(dataset="fashion_mnist", examples=60000, trained_on=60000, train=60000)
    for both in ((WHOLE, clothes), (clothes, WHOLE)):
        ledger = RunRecorder(7, "mnist")
        for data in both:
            fit(ledger, 0, data, 1)

        assert ledger.data == clothes


def test_a_trial_with_another_model_costs_nothing():
    """Only the model that was trained last is judged."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, TESTS, 9)

    fit(ledger, 1, WHOLE, 2)

    assert (ledger.data, len(ledger.training.epochs)) == (WHOLE, 2)


def test_a_fit_that_broke_off_leaves_nothing():
    """The trainer has dropped that model, so its next training is a first one."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, TESTS, 8)
    ledger.record_order(order(0), Opened(architecture=Architecture(layers=[], parameters=1), data=WHOLE))
    ledger.begin_fit()
    ledger.record_broken_fit()

    assert (len(ledger.training.epochs), ledger.data) == (8, TESTS)
    fit(ledger, 0, WHOLE, 2)

    assert (len(ledger.training.epochs), ledger.data) == (2, WHOLE)


def test_what_an_epoch_leaves_out_is_noted():
    """With the number of images, at the line of `fit`; and once that an epoch ran out of data."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, WHOLE, 1)
    assert ledger.build_run_so_far().notes == []

    fit(ledger, 1, structs.replace(WHOLE, train=59904, trained_on=59904, left_out=96), 1)
    ledger.note_short_epoch()
    ledger.note_short_epoch()

    short, left_out = (note.message for note in ledger.build_run_so_far().notes)
    assert left_out == "96 images were left out of each epoch: the last batch is incomplete"
    assert "ran out of data" in short


def test_long_descriptions_are_not_kept():
    """Of two hundred orders of four megabytes each only what is needed stays."""
    ledger = RunRecorder(7, "mnist")
    fit(ledger, 0, WHOLE, 1)

    assert (ledger.orders[0].architecture, ledger.orders[0].compile) == ("", "")


def test_an_idle_layer_is_marked():
    """What the trained model doesn't need stays in the table, and never counts as what was asked for."""
    layers = [ModelLayer(kind="Conv2D", name="decoration"), ModelLayer(kind="Dense", name="dense")]
    ledger = RunRecorder(7, "mnist")
    ledger.record_order(order(0), Opened(architecture=Architecture(layers=layers, parameters=1), data=WHOLE))

    logs = ledger.begin_fit()
    logs.append({"epoch": 0, "accuracy": 0.9})
    ledger.end_fit(Trained(stopped_by="epochs", seconds=1.0), logs)

    ledger.record_measurement(Measured(train_accuracy=0.9, test_accuracy=0.8, idle=["decoration"]))

    assert [(layer.name, layer.idle) for layer in ledger.architecture.layers] == [
        ("decoration", True),
        ("dense", False),
    ]
    assert [note.message for note in ledger.notes] == [
        "not counted: decoration. Changing its weights doesn't change the trained model's predictions"
    ]
