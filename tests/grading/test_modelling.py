"""What is asked of the models that functions return, decided by the exercise and the caller alone."""

from __future__ import annotations

import pytest
from msgspec import structs

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.courses.exercise import (
    CheckSpec,
    Exercise,
    FitSettings,
    GivenData,
    InputImage,
    ModelCalls,
    SuppliedModelInput,
)
from grader.errors import CourseError
from grader.grading import GradingOptions
from grader.grading.clocks import TurnClocks
from grader.grading.ledger import RunRecorder
from grader.grading.modelling import SUPPLIED_LAYERS, make_task
from grader.protocol.arrays import ArraySpec
from grader.protocol.channel import MalformedMessage
from grader.protocol.orders import FitArguments, Order
from grader.protocol.wire import Compare, Compared, Maps
from grader.records.run import Activations, Architecture, ModelLayer

SPEC = """
schema: grade-exercise/1
id: small
title: Small
{function}
dataset: mnist
models: {models}
checks: [{{id: model, check: returns.model, points: 1}}]
"""


def exercise(**models):
    checks = [CheckSpec(id="model", check="returns.model", points=1)]
    return Exercise(
        schema="grade-exercise/1", id="e", title="E", dataset="mnist", function="f", checks=checks,
        models=ModelCalls(**models) if models else None,
    )  # fmt: skip


ORDER = Order(
    model=0, architecture="{}", compile="{}", fit=FitArguments(epochs=999, class_weight={0: 9.0}), arrays=[],
    callbacks=["Mine"], batch_hooks=True, weights_each_epoch=True,
)  # fmt: skip
FIT = FitSettings(epochs=3, batch_size=1000, validation_split=0.2)


def test_the_exercise_says_how_a_model_is_trained():
    """Nothing of what the student's side ordered is left but the model and its settings."""
    order, call = make_task(exercise(image=InputImage(), fit=FIT), GradingOptions()).apply_settings(ORDER, 0)
    assert order.fit == FitArguments(epochs=3, batch_size=1000, validation_split=0.2)
    assert (order.callbacks, order.batch_hooks, order.weights_each_epoch, call) == ([], False, False, {})


def test_a_model_that_is_looked_at_has_batches_of_one():
    """So its memory is that of its weights."""
    order, _ = make_task(exercise(image=InputImage(), train="never"), GradingOptions()).apply_settings(ORDER, 0)
    assert order.fit == FitArguments(batch_size=1)


def test_each_order_belongs_to_a_call():
    """In the order of the exercise's calls; one more is not the student's to make."""
    two = make_task(exercise(calls=[{"filters": 16}, {"filters": 32}]), GradingOptions())
    assert [two.apply_settings(ORDER, number)[1] for number in (0, 1)] == [{"filters": 16}, {"filters": 32}]
    with pytest.raises(MalformedMessage, match="more models than calls"):
        two.apply_settings(ORDER, 2)


def test_a_function_that_trains_by_itself_keeps_its_order():
    """Exercises without `models` are as they were."""
    task = make_task(exercise(), GradingOptions())
    assert task.apply_settings(ORDER, 5) == (ORDER, None)
    assert task.build_calls_message() is None
    assert task.trains
    assert not task.collects


@pytest.mark.parametrize(
    ("when", "asked", "answer"),
    [("always", False, True), ("on_request", False, False), ("on_request", True, True), ("never", True, False)],
)
def test_who_decides_whether_models_are_trained(when, asked, answer):
    """`--train` trains only what an exercise leaves to the caller; all of the data goes along only then."""
    task = make_task(exercise(image=InputImage(pad=100), train=when), GradingOptions(train=asked))
    assert task.trains is answer
    told = task.build_calls_message()
    assert (told.train, told.pad) == (answer, 100)


def test_a_training_may_take_more_memory_than_the_submission():
    """Where the exercise says so."""
    assert make_task(exercise(image=InputImage()), GradingOptions()).memory == 4_000_000_000
    assert make_task(exercise(image=InputImage(), fit=FitSettings(memory=60_000_000_000)), GradingOptions()).memory == 60_000_000_000


@pytest.mark.parametrize(
    ("function", "models", "message"),
    [
        ("function: f", "{}", '"models" needs one of "image", "calls" and "shown"'),
        ("function: f", "{image: {}, calls: [{n: 1}]}", '"models" needs one of "image", "calls" and "shown"'),
        ("function: f", "{shown: {images: [10000]}}",
         "images must be 1 to 10 numbers of test images (0 to 9999), got [10000]"),
        ("", "{image: {}}", '"function" is missing: "models" are what a function returns'),
    ],
)
def test_faults_of_models_are_errors_of_the_course(tmp_path, function, models, message):
    """With file and line, when the exercise is loaded."""
    folder = tmp_path / "exercises" / "small"
    folder.mkdir(parents=True)
    (folder / "exercise.yaml").write_text(SPEC.format(function=function, models=models))
    with pytest.raises(CourseError) as caught:
        load_exercise(Course(root=tmp_path), "small")
    assert "exercises/small/exercise.yaml:" in str(caught.value)
    assert message in str(caught.value)


class Line:
    """One end of a connection: keeps what is sent, and what is relayed to another."""

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)

    def relay_arrays(self, specs, other):
        other.sent.append(list(specs))


def given(**more):
    checks = [CheckSpec(id="data", check="training.data", points=1)]
    one = Exercise(schema="grade-exercise/1", id="e", title="E", dataset="fashion_mnist", function="f", checks=checks)
    return make_task(structs.replace(one, **more), GradingOptions())


def test_a_function_is_given_what_the_exercise_says():
    """Its own `fit` stays as it is: it trains by itself."""
    task = given(given=GivenData(scale=255.0))
    told = task.build_calls_message()
    assert (told.dataset, told.use, told.scale, told.channel, told.train) == ("fashion_mnist", "fit", 255.0, False, True)
    assert (task.trains, task.prepares, task.apply_settings(ORDER, 5)) == (True, False, (ORDER, None))


@pytest.mark.parametrize(
    ("more", "use", "prepares"),
    [({"given": GivenData(labels=False)}, "prepare", True), ({"callback": "Stop", "function": None}, "stop", False)],
)
def test_what_is_only_looked_at_is_ordered_once_and_never_trained(more, use, prepares):
    """A file that imitates the runtime gets no training of its own by it."""
    task = given(**more)
    assert (task.build_calls_message().use, task.trains, task.prepares) == (use, False, prepares)
    order, call = task.apply_settings(ORDER, 0)
    assert (order.fit, order.callbacks, call) == (FitArguments(batch_size=1), ["Mine"], None)
    with pytest.raises(MalformedMessage, match="more orders than one"):
        task.apply_settings(ORDER, 1)


MAPS = Maps(arrays=[ArraySpec(dtype="float32", shape=[1, 2, 2, 8])])
OWN = Architecture(layers=[ModelLayer(kind=kind, name=kind, output_shape=[None, *shape]) for kind, shape in SUPPLIED_LAYERS], parameters=1)


def test_activations_go_to_the_trainer_with_what_to_compare():
    """The images, the scale and the channel are the exercise's."""
    student, trainer = Line(), Line()
    shown = exercise(shown=SuppliedModelInput(images=[0, 23], channel=1), fit=FitSettings(scale=255.0))
    make_task(shown, GradingOptions()).relay_activations(MAPS, OWN, student, trainer)
    assert trainer.sent == [Compare(images=[0, 23], scale=255.0, channel=1, arrays=MAPS.arrays), MAPS.arrays]


@pytest.mark.parametrize(
    ("one", "architecture", "maps", "message"),
    [
        (exercise(image=InputImage()), OWN, MAPS, "activations that nobody asked for"),
        (exercise(), OWN, MAPS, "activations that nobody asked for"),
        (exercise(shown=SuppliedModelInput(images=[0])), None, MAPS, "activations of another model"),
        (exercise(shown=SuppliedModelInput(images=[0])), Architecture(layers=OWN.layers[1:], parameters=1), MAPS,
         "activations of another model"),
        (exercise(shown=SuppliedModelInput(images=[0])), OWN, Maps(arrays=[ArraySpec(dtype="float64", shape=[20_000_000])]),
         "activations that are too large"),
    ],
)  # fmt: skip
def test_activations_that_nobody_asked_for_end_the_run(one, architecture, maps, message):
    """Only the grader's own model is looked into."""
    with pytest.raises(MalformedMessage, match=message):
        make_task(one, GradingOptions()).relay_activations(maps, architecture, Line(), Line())


def test_what_was_compared_is_kept_with_its_images():
    """So that a page can show it and name what it shows."""
    ledger = RunRecorder(7, "mnist")
    ledger.record_activations(Maps(arrays=[ArraySpec(dtype="float32", shape=[1])], fault=""), Compared(layers=[], images=[23], channel=1))

    assert ledger.build_run_so_far().activations == Activations(layers=[], came=1, images=[23], channel=1)


def test_models_are_counted_while_they_are_trained():
    """One after the other, and never beyond the last."""
    ledger, clocks = RunRecorder(7, "mnist", 2), TurnClocks({})
    counted = []
    for _ in range(3):
        counted.append(ledger.build_progress("preparing", clocks, None, 60.0, 0.0).model)
        ledger.models.append(None)

    assert counted == [1, 2, 2]
    assert RunRecorder(7, "mnist").build_progress("preparing", clocks, None, 60.0, 0.0).model is None
