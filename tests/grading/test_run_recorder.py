"""What a run's record says of one attempt: its measurement, its models, its end, and where it stands meanwhile."""

import pytest

from grader.grading import ledger as records
from grader.grading.clocks import TurnClocks
from grader.grading.ledger import RunRecorder
from grader.protocol.arrays import ArraySpec
from grader.protocol.orders import FitArguments, Order, Trained
from grader.protocol.wire import Measured, Opened
from grader.records.run import Architecture, DataMatch
from grader.records.verdict import Note

WHOLE = DataMatch(dataset="mnist", examples=60000, trained_on=60000, train=60000)
PART = DataMatch(dataset="mnist", examples=6000, trained_on=6000, train=6000)
MODEL = Architecture(layers=[], parameters=1)
MEASURED = Measured(train_accuracy=0.9, test_accuracy=0.8)


def begin(recorder, model=0, epochs=3, initial=0, **opened):
    order = Order(model=model, architecture="{}", compile="{}", fit=FitArguments(epochs=epochs, initial_epoch=initial), arrays=[])
    recorder.record_order(order, Opened(**{"architecture": MODEL, "data": WHOLE, **opened}))
    return recorder.begin_fit()


def train(recorder, model=0, epochs=1, stopped_by="epochs", data=None):
    logs = begin(recorder, model)
    logs.extend({"epoch": float(at), "accuracy": 0.5} for at in range(epochs))
    recorder.end_fit(Trained(stopped_by=stopped_by, seconds=1.0, data=data), logs)


def find_stage(recorder, stage="training"):
    return recorder.build_progress(stage, TurnClocks({}), None, 60.0, 0.0).stage


def test_a_measurement_is_of_the_model_that_was_trained_last():
    """Another model's voids it; the same model's next training doesn't."""
    recorder = RunRecorder(7, "mnist")
    train(recorder)
    recorder.record_measurement(MEASURED)
    begin(recorder, model=0)
    assert recorder.measured is not None

    begin(recorder, model=1)

    assert recorder.measured is None
    assert recorder.training is None


@pytest.mark.parametrize("epochs", [None, 0])
def test_without_a_whole_epoch_nothing_is_measured(epochs):
    """Neither before a training nor after one without epochs: such a model is as it was made."""
    recorder = RunRecorder(7, "mnist")
    if epochs is not None:
        train(recorder, epochs=epochs)

    recorder.record_measurement(MEASURED)

    assert recorder.measured is None


def test_a_measurement_without_idle_layers_notes_none():
    """The layers stay as they were declared."""
    recorder = RunRecorder(7, "mnist")
    train(recorder)
    recorder.record_measurement(MEASURED)

    assert (recorder.notes, recorder.architecture) == ([], MODEL)


def test_what_a_pipeline_brought_later_is_its_data():
    """Only where the order had data that could be matched."""
    recorder = RunRecorder(7, "mnist")
    train(recorder, data=PART)

    assert recorder.data == PART


def test_what_was_returned_is_kept_only_where_it_is_known():
    """A function that hasn't returned yet has returned nothing, not None."""
    recorder = RunRecorder(7, "mnist")
    begin(recorder)
    assert not recorder.has_returned

    order = Order(model=0, architecture="{}", compile="{}", fit=FitArguments(), arrays=[])
    recorder.record_order(order, Opened(architecture=MODEL, data=WHOLE), [0, 0.9])

    assert (recorder.has_returned, recorder.returned) == (True, [0, 0.9])


@pytest.mark.parametrize(("pixels", "shown"), [(None, (None, None)), ([0.0, 1.0], (0.0, 1.0))])
def test_prepared_images_are_those_of_x(pixels, shown):
    """Their shape, and black and white where each is one number."""
    recorder = RunRecorder(7, "mnist")
    arrays = [ArraySpec(role="y", dtype="int64", shape=[5]), ArraySpec(role="x", dtype="float32", shape=[5, 28, 28])]
    order = Order(model=0, architecture="{}", compile="{}", fit=FitArguments(), arrays=arrays)
    opened = Opened(architecture=MODEL, data=WHOLE, pixels=pixels)
    recorder.record_order(order, opened)

    recorder.record_prepared(opened)

    assert recorder.prepared is not None
    assert recorder.prepared.shape == [5, 28, 28]
    assert (recorder.prepared.black, recorder.prepared.white) == shown


def test_a_built_model_has_a_call_and_an_architecture():
    """Without either there is none to speak of; without models the run has no evidence of them."""
    call = {"filters": 16}
    found = []
    for has_call, has_architecture in ((False, False), (True, False), (False, True), (True, True)):
        recorder = RunRecorder(7, "mnist", 1)
        recorder.call = call if has_call else None
        recorder.architecture = MODEL if has_architecture else None
        recorder.built()
        found.append(recorder.build_run_so_far().models)

    assert [models and [one.call for one in models] for models in found] == [None, None, None, [call]]


@pytest.mark.parametrize(
    ("epochs", "initial", "done", "stopping", "stage"),
    [(3, 0, 2, False, "training"), (3, 0, 3, False, "finishing"), (3, 0, 1, True, "finishing"), (3, 2, 1, False, "finishing")],
)
def test_after_the_last_epoch_the_training_is_finishing(epochs, initial, done, stopping, stage):
    """By the count of `fit`, which may begin later, or by a callback's word."""
    recorder = RunRecorder(7, "mnist")
    begin(recorder, epochs=epochs, initial=initial).extend({"accuracy": 0.5} for _ in range(done))
    recorder.stopping = stopping

    assert find_stage(recorder) == stage


def test_only_a_training_is_finishing():
    """Measuring after the last epoch stays what it is, and before any order nothing is over."""
    recorder = RunRecorder(7, "mnist")
    assert find_stage(recorder) == "training"
    begin(recorder, epochs=1).append({"accuracy": 0.5})

    assert find_stage(recorder, "measuring") == "measuring"


@pytest.mark.parametrize(("stopped_by", "end"), [(None, "completed"), ("epochs", "completed"), ("limit", "timed_out")])
def test_a_training_that_its_limit_ended_ends_the_run_so(stopped_by, end):
    """Though the function returned."""
    recorder = RunRecorder(7, "mnist")
    if stopped_by:
        train(recorder, stopped_by=stopped_by)

    assert recorder.build_completed_end(600.0).kind == end


def test_notes_are_bounded_and_each_comes_once():
    """A loop can't fill the report."""
    recorder = RunRecorder(7, "mnist")
    for number in range(records.MAX_NOTES + 5):
        for _ in range(2):
            recorder.add_note(Note(line=number, message="a"))

    assert [note.line for note in recorder.notes] == list(range(records.MAX_NOTES))
