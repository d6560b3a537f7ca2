"""Weights that were given out, and models that go on from them: plain Keras's floats, stored or not."""

from __future__ import annotations

from typing import Any

import pytest

keras = pytest.importorskip("keras")

import numpy as np  # noqa: E402
from msgspec import structs  # noqa: E402
from replay_orders import Student, X, Y, dense, order, trainees, unbuilt  # noqa: E402

from grader.protocol.orders import Origin  # noqa: E402
from grader.protocol.wire import Begin  # noqa: E402
from grader.trainer.order.checking import OrderRefused  # noqa: E402
from grader.trainer.training import handouts  # noqa: E402
from grader.trainer.training.handouts import Handouts, find_no_weights  # noqa: E402
from grader.trainer.training.trainees import Trainees  # noqa: E402

pytestmark = pytest.mark.keras
COMPILED = order(dense).order.compile
BEGIN = Begin(seed=7, limit_s=60.0, reuse=True)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path))


def train(all_of_them: Trainees, opened: Any, origin: Origin | None = None, compilation: int = 0, ask: Any = None) -> list[float]:
    """The losses of one training, whose weights are given out, as they are in the end."""
    student = Student()
    # One text for all models, as each model of a file is compiled once: Keras writes another id into it each time.
    text = COMPILED if '"Adam"' in opened.order.compile else opened.order.compile
    opened.order = structs.replace(opened.order, origin=origin, compilation=compilation, compile=text)
    _, trainee = all_of_them.train_model(opened, BEGIN, ask or student, lambda: None)
    all_of_them.hand_out(opened.order.model, trainee, trainee.list_weights())
    return [logs["loss"] for logs in student.epochs]


def plain() -> Any:
    keras.utils.set_random_seed(7)
    model = keras.Sequential(dense())
    compile_model(model)
    return model


def compile_model(model: Any) -> None:
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])


def fit(model: Any, epochs: int) -> list[float]:
    found: list[float] = model.fit(X, Y, epochs=epochs, verbose=0).history["loss"]
    return found


@pytest.mark.parametrize("times", [1, 2], ids=["trained", "replayed"])
@pytest.mark.parametrize("stored", [True, False])
def test_a_loaded_model_goes_on_as_the_saved_one(stored: bool, times: int) -> None:
    """With its optimizer, in another model; also where the first training was only replayed."""
    model = plain()
    fit(model, 2)
    expected = fit(model, 2)
    for _ in range(times):
        tried = trainees(stored=stored)
        train(tried, order(dense, epochs=2))

        assert train(tried, order(dense, epochs=2, model=1), Origin(handout=0, optimizer=0)) == expected


@pytest.mark.parametrize("times", [1, 2], ids=["trained", "replayed"])
@pytest.mark.parametrize("stored", [True, False])
def test_a_checkpoint_of_the_middle_has_the_optimizer_of_that_moment(stored: bool, times: int) -> None:
    """Also where only the weights of that moment were stored."""
    model = plain()
    fit(model, 1)
    expected = fit(model, 2)
    for _ in range(times):
        tried = trainees(stored=stored)
        train(tried, order(dense, epochs=3, weights=True))

        assert train(tried, order(dense, epochs=2, model=1), Origin(handout=0, optimizer=0)) == expected


def test_weights_alone_get_a_new_optimizer() -> None:
    """That of a copy which was compiled, while the model that they come from goes on with its own."""
    model = plain()
    fit(model, 2)
    copy = keras.Sequential(dense())
    copy.set_weights(model.get_weights())
    compile_model(copy)
    tried = trainees(stored=False)
    train(tried, order(dense, epochs=2))

    assert train(tried, order(dense, epochs=1, model=1), Origin(handout=0)) == fit(copy, 1)
    assert train(tried, order(dense, epochs=1)) == fit(model, 1)


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize("build", [dense, unbuilt])
def test_first_weights_are_those_that_the_model_began_with(build: Any, anew: bool) -> None:
    """The optimizer begins anew only where the model is compiled again."""
    model = plain()
    first = model.get_weights()
    fit(model, 2)
    model.set_weights(first)
    if anew:
        compile_model(model)
    for stored in (False, True, True):
        tried = trainees(stored=stored)
        train(tried, order(build, epochs=2))
        kept = [variable.numpy().copy() for variable in (*model.weights, *model.optimizer.variables)]
        losses = train(tried, order(build, epochs=2), Origin(initial=0), compilation=int(anew))

        assert losses == fit(model, 2)
        for variable, value in zip((*model.weights, *model.optimizer.variables), kept, strict=False):
            variable.assign(value)
        if anew:
            compile_model(model)


@pytest.mark.parametrize("origin", [Origin(handout=1), Origin(handout=0, optimizer=1), Origin(initial=3)])
def test_what_nobody_gave_out_is_refused(origin: Origin) -> None:
    """Neither is a fresh beginning put in its place."""
    tried = trainees(stored=False)
    train(tried, order(dense, epochs=1))

    with pytest.raises(OrderRefused, match="no longer keeps"):
        train(tried, order(dense, epochs=1, model=1), origin)


def test_weights_of_another_model_are_refused() -> None:
    """As the state of another optimizer is."""
    tried = trainees(stored=False)
    train(tried, order(dense, epochs=1))

    with pytest.raises(OrderRefused, match="another model"):
        train(tried, order(lambda: [*dense()[:-1], keras.layers.Dense(3)], epochs=1, model=1), Origin(handout=0))
    with pytest.raises(OrderRefused, match="another optimizer"):
        train(tried, order(dense, "sgd", epochs=1, model=1), Origin(handout=0, optimizer=0))


def test_what_a_training_gave_out_before_it_broke_off_is_void() -> None:
    """Nobody knows on what it was trained."""
    tried = trainees(stored=False)
    train(tried, order(dense, epochs=1))

    def breaks(event: Any, weights: Any) -> Any:
        if (event.hook, event.index) == ("epoch_end", 1):
            raise ValueError("a pass of another shape")
        return Student()(event, weights)

    with pytest.raises(ValueError, match="another shape"):
        train(tried, order(dense, epochs=3, weights=True), ask=breaks)
    assert len(tried.handouts.given) == 3

    train(tried, order(dense, epochs=1, model=2), Origin(handout=0))
    with pytest.raises(OrderRefused, match="no longer keeps"):
        train(tried, order(dense, epochs=1, model=1), Origin(handout=1))


def test_of_many_weights_the_oldest_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest are always there."""
    monkeypatch.setattr(handouts, "MAX_KEPT_BYTES", 100)
    kept = Handouts()
    for _ in range(4):
        kept.keep(0, [np.zeros(10, "float32")], find_no_weights)

    assert [handout.weights is None for handout in kept.given] == [True, True, False, False]
    kept.keep(0, [np.zeros(100, "float32")], find_no_weights)
    assert [handout.weights is None for handout in kept.given] == [True, True, True, True, False]
