"""What is asked of the models that functions return, decided by the exercise and the caller alone."""

from __future__ import annotations

import pytest

from grader.channel import Malformed
from grader.course import Course
from grader.errors import CourseError
from grader.exercise import CheckSpec, Exercise, Fit, Image, Models, load
from grader.grading import Options
from grader.grading.modelling import building, memory, specified, trains
from grader.wire import FitArguments, Order

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
        models=Models(**models) if models else None,
    )  # fmt: skip


ORDER = Order(
    model=0, architecture="{}", compile="{}", fit=FitArguments(epochs=999, class_weight={0: 9.0}), arrays=[],
    callbacks=["Mine"], batch_hooks=True, weights_each_epoch=True,
)  # fmt: skip
FIT = Fit(epochs=3, batch_size=1000, validation_split=0.2)


def test_the_exercise_says_how_a_model_is_trained():
    """Nothing of what the student's side ordered is left but the model and its settings."""
    order, call = specified(ORDER, exercise(image=Image(), fit=FIT), Options(), 0)
    assert order.fit == FitArguments(epochs=3, batch_size=1000, validation_split=0.2)
    assert (order.callbacks, order.batch_hooks, order.weights_each_epoch, call) == ([], False, False, {})


def test_a_model_that_is_looked_at_has_batches_of_one():
    """So its memory is that of its weights."""
    order, _ = specified(ORDER, exercise(image=Image(), train="never"), Options(), 0)
    assert order.fit == FitArguments(batch_size=1)


def test_each_order_belongs_to_a_call():
    """In the order of the exercise's calls; one more is not the student's to make."""
    two = exercise(calls=[{"filters": 16}, {"filters": 32}])
    assert [specified(ORDER, two, Options(), number)[1] for number in (0, 1)] == [{"filters": 16}, {"filters": 32}]
    with pytest.raises(Malformed, match="more models than calls"):
        specified(ORDER, two, Options(), 2)


def test_a_function_that_trains_by_itself_keeps_its_order():
    """Exercises without `models` are as they were."""
    assert specified(ORDER, exercise(), Options(), 5) == (ORDER, None)
    assert building(exercise(), Options()) is None
    assert trains(exercise(), Options())


@pytest.mark.parametrize(
    ("when", "asked", "answer"),
    [("always", False, True), ("on_request", False, False), ("on_request", True, True), ("never", True, False)],
)
def test_who_decides_whether_models_are_trained(when, asked, answer):
    """`--train` trains only what an exercise leaves to the caller; all of the data goes along only then."""
    one = exercise(image=Image(pad=100), train=when)
    assert trains(one, Options(train=asked)) is answer
    told = building(one, Options(train=asked))
    assert (told.train, told.pad) == (answer, 100)


def test_a_training_may_take_more_memory_than_the_submission():
    """Where the exercise says so."""
    assert memory(exercise(image=Image())) == 4_000_000_000
    assert memory(exercise(image=Image(), fit=Fit(memory=60_000_000_000))) == 60_000_000_000


@pytest.mark.parametrize(
    ("function", "models", "message"),
    [
        ("function: f", "{}", '"models" needs either "image" or "calls"'),
        ("function: f", "{image: {}, calls: [{n: 1}]}", '"models" needs either "image" or "calls"'),
        ("", "{image: {}}", '"function" is missing: "models" are what a function returns'),
    ],
)
def test_faults_of_models_are_errors_of_the_course(tmp_path, function, models, message):
    """With file and line, when the exercise is loaded."""
    folder = tmp_path / "exercises" / "small"
    folder.mkdir(parents=True)
    (folder / "exercise.yaml").write_text(SPEC.format(function=function, models=models))
    with pytest.raises(CourseError) as caught:
        load(Course(root=tmp_path), "small")
    assert "exercises/small/exercise.yaml:" in str(caught.value)
    assert message in str(caught.value)
