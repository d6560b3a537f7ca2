"""All models of one submission together: what they take, what is dropped, and what is kept once."""

from __future__ import annotations

import json
from typing import Any

import pytest

keras = pytest.importorskip("keras")

import numpy as np  # noqa: E402
from keras import Input, layers  # noqa: E402
from msgspec import structs  # noqa: E402
from replay_orders import Student, X, Y, dense, order, trainees  # noqa: E402

from grader.protocol.wire import Begin  # noqa: E402
from grader.records.run import Architecture, ModelLayer  # noqa: E402
from grader.trainer.order.model_json import OrderTooLarge  # noqa: E402
from grader.trainer.training import measuring  # noqa: E402
from grader.trainer.training.trainees import Trainee, Trainees  # noqa: E402

pytestmark = pytest.mark.keras
BEGIN = Begin(seed=7, limit_s=60.0, reuse=True)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path))


def train(all_of_them: Trainees, opened: Any, student: Any = None) -> Trainee:
    return all_of_them.train_model(opened, BEGIN, student or Student(), lambda: None)[1]


def breaks(event: Any, weights: Any) -> Any:
    if (event.hook, event.index) == ("epoch_end", 2):
        raise ValueError("a pass of another shape")
    return Student()(event, weights)


def test_a_training_that_breaks_off_trains_nothing() -> None:
    """Epochs before an error aren't carried over, uncounted, into the next `fit`."""
    tried, fresh = trainees(), trainees()
    with pytest.raises(ValueError, match="another shape"):
        train(tried, order(dense, epochs=9), breaks)

    found = [train(each, order(dense, epochs=1)).list_weights() for each in (tried, fresh)]

    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))


def test_a_fit_that_cannot_even_begin_trains_nothing_either() -> None:
    """The front forgets what the model went through, so its weights must be gone, too."""
    tried, fresh = trainees(), trainees()
    train(tried, order(dense, epochs=9))
    odd = order(dense, "sgd", epochs=1)
    odd.order = structs.replace(odd.order, architecture=odd.order.architecture.replace('"units": 8', '"units": 9'))
    with pytest.raises(ValueError, match="shape"):
        train(tried, odd)

    found = [train(each, order(dense, epochs=1)).list_weights() for each in (tried, fresh)]

    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))


def undecided() -> Any:
    return [Input((6, 6, 1)), layers.Flatten(), layers.Dense(2, kernel_initializer="zeros")]


def test_labels_of_another_form_are_counted_as_what_they_are() -> None:
    """Keras makes a metric for the labels that it sees first; one for one-hot labels takes every whole one for a zero."""
    still = keras.optimizers.SGD(0.0)
    one_hot, whole = (order(undecided, still, epochs=1, y=y) for y in (np.eye(2, dtype="float32")[Y], Y[:, None]))
    for opened in (one_hot, whole):
        settings = {**json.loads(opened.order.compile), "loss": "mse"}
        opened.order = structs.replace(opened.order, compile=json.dumps(settings))
    tried, heard = trainees(), Student()

    train(tried, one_hot)
    train(tried, whole, heard)

    assert heard.epochs[0]["accuracy"] == pytest.approx((Y == 0).mean())


def test_the_same_data_is_kept_once() -> None:
    """A search over many models with one set of images holds one set of images."""
    train(trainees(stored=True), order(dense, epochs=1))
    searching = trainees(stored=True)
    first = order(dense, epochs=1)
    train(searching, first)
    second = order(dense, epochs=1, model=1)

    searching.replace_known_arrays(second.arrays)

    assert second.arrays.by_role["x"][0] is first.arrays.by_role["x"][0]


def test_other_data_is_left_alone() -> None:
    """Arrays of the same shape with other numbers are others."""
    searching = trainees(stored=True)
    train(trainees(stored=True), order(dense, epochs=1))
    train(searching, order(dense, epochs=1))
    second = order(dense, epochs=1, model=1)
    second.arrays.by_role["x"][0][0] += 1
    kept = second.arrays.by_role["x"][0]

    searching.replace_known_arrays(second.arrays)

    assert second.arrays.by_role["x"][0] is kept


def test_models_are_counted_together() -> None:
    """Each would fit alone; what all of them take is the submission's."""
    many = trainees()
    size = Architecture(layers=[], parameters=10_000_000)
    for number in range(5):
        many.check_room(order(model=number).order, size, order().arrays, 1_000_000_000)
        many.by_number[number] = Trainee(compile="", compilation=0, architecture=size)

    with pytest.raises(OrderTooLarge) as caught:
        many.check_room(order(model=5).order, size, order().arrays, 1_000_000_000)

    assert str(caught.value) == (
        "the 6 models that your file has trained take about 1.1 GB together, and 1.0 GB are allowed; "
        "train fewer or smaller models in one file"
    )


def test_data_is_counted_together() -> None:
    """Data that a stored training may need again counts as long as it is held."""
    train(trainees(stored=True), order(dense, epochs=1))
    many = trainees(stored=True)
    train(many, order(dense, epochs=1))
    small = Architecture(layers=[], parameters=0)
    many.check_room(order(model=1).order, small, order().arrays, 50_000_000)
    held = sum(array.nbytes for values in order().arrays.by_role.values() for array in values)
    many.by_number[0].architecture = Architecture(layers=[], parameters=-1_250_000)  # of no size, to see the data

    with pytest.raises(OrderTooLarge, match="the data of your file's trainings takes about .* train all models on the same arrays"):
        many.check_room(order(model=1).order, Architecture(layers=[], parameters=-1_250_000), order().arrays, 2 * held - 1)


def test_weights_of_epochs_are_let_go() -> None:
    """Of a told training, only the weights to which a callback has gone back are held."""
    train(trainees(stored=True), order(dense, epochs=3, weights=True))
    told = trainees(stored=True)
    trainee = train(told, order(dense, epochs=3, weights=True))

    assert trainee.replay is not None
    assert trainee.replay.snapshots == {}


def test_a_wide_model_is_measured_in_smaller_portions() -> None:
    """What it puts out for so many examples stays within a gigabyte."""
    wide = Architecture(layers=[ModelLayer(kind="Conv2D", name="c", output_shape=[None, 26, 26, 1500])], parameters=1)
    narrow = Architecture(layers=[ModelLayer(kind="Dense", name="d", output_shape=[None, 10])], parameters=1)

    assert (measuring.pick_portion_size(wide), measuring.pick_portion_size(narrow)) == (200, 2000)


@pytest.mark.parametrize("stored", [True, False])
def test_an_order_of_ones_own_is_shuffled_by_a_seed_of_its_own(stored: bool) -> None:
    """Nobody can put images so that the shuffling, which everybody can foretell, sorts them."""
    seeds = []
    for reordered, opened in ((False, order(dense, epochs=1)), (True, order(dense, epochs=1)), (True, moved())):
        opened.reordered = reordered
        seeds.append(train(trainees(stored=stored), opened).list_weights()[0])

    assert not any(np.array_equal(seeds[one], seeds[other]) for one, other in ((0, 1), (0, 2), (1, 2)))


def test_a_later_fit_is_shuffled_by_a_seed_of_its_own() -> None:
    """Also where the model was made, with the exercise's seed, for other data."""
    heard = []
    for reordered in (False, True, True):
        tried, student = trainees(), Student()
        train(tried, order(dense, epochs=1))
        later = order(dense, epochs=1)
        later.reordered = reordered
        train(tried, later, student)
        heard.append(student.epochs)

    assert heard[0] != heard[1]
    assert heard[1] == heard[2]


def moved() -> Any:
    opened = order(dense, epochs=1)
    for values in opened.arrays.by_role.values():
        values[0][:] = values[0][::-1].copy()
    return opened


def deep() -> Any:
    return [Input((6, 6, 1)), layers.Flatten(), *(layers.Dense(8, activation="relu") for _ in range(2)), layers.Dense(2)]


SETTINGS = {"loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "metrics": ["accuracy"]}
BETWEEN = {
    "frozen and compiled": (True, True, None),
    "frozen and not compiled": (True, False, None),
    "compiled alike": (False, True, None),
    "another rate": (False, False, 0.0003),
}


@pytest.mark.parametrize(("swapped", "anew", "rate"), BETWEEN.values(), ids=BETWEEN)
def test_what_comes_between_two_fits_counts_as_in_plain_keras(swapped: bool, anew: bool, rate: float | None) -> None:
    """One layer is frozen in another's place, the model is compiled again, or the rate is set: the same floats follow."""

    def change(model: Any) -> None:
        if swapped:
            model.layers[1].trainable, model.layers[2].trainable = True, False
        if anew:
            model.compile("adam", **SETTINGS)
        if rate is not None:
            model.optimizer.learning_rate = rate

    declared = keras.Sequential(deep())
    declared.layers[1].trainable = False
    declared.compile("adam", **SETTINGS)
    orders = [order(deep, epochs=1), order(deep, epochs=2)]
    for opened, compilation in zip(orders, (1, 2 if anew else 1), strict=True):
        told = {"architecture": declared.to_json(), "compile": json.dumps(declared.get_compile_config())}
        opened.order = structs.replace(opened.order, compilation=compilation, **told)
        change(declared)
    tried, heard = trainees(), Student()
    first = train(tried, orders[0]).list_weights()
    trained = train(tried, orders[1], heard)

    keras.utils.set_random_seed(7)
    plain = keras.Sequential(deep())
    plain.layers[1].trainable = False
    plain.compile("adam", **SETTINGS)
    plain.fit(X, Y, epochs=1, verbose=0)
    assert all(map(np.array_equal, first, plain.get_weights()))
    change(plain)
    history = plain.fit(X, Y, epochs=2, verbose=0).history

    assert [logs["loss"] for logs in heard.epochs] == history["loss"]
    assert all(map(np.array_equal, trained.list_weights(), plain.get_weights()))
