"""Trainings that were run before: told again, gone on with, forked – always as if they were run anew."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest

keras = pytest.importorskip("keras")

import msgspec  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402
from replay_orders import Student, Y, convolution, dense, dropout, order, unbuilt  # noqa: E402

from grader.protocol.wire import Begin, Measured  # noqa: E402
from grader.stores.store import Store  # noqa: E402
from grader.trainer.match.digests import DigestCache  # noqa: E402
from grader.trainer.order import identity  # noqa: E402
from grader.trainer.training.replay import TrajectoryMismatch  # noqa: E402
from grader.trainer.training.trainees import Trainees  # noqa: E402
from grader.trainer.training.trajectory import STORE_KIND, Trajectory, TrajectoryArchive  # noqa: E402

pytestmark = pytest.mark.keras


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path))
    return tmp_path


def run(opened: Any, student: Student, *, stored: bool = True, trainees: Trainees | None = None, **begin: Any) -> Any:
    """Trains one order; gives the message, the weights and the trainees."""
    archive = TrajectoryArchive(Store(STORE_KIND)) if stored else None
    trainees = trainees or Trainees(archive, "here", lambda seconds: None, DigestCache())
    begun = Begin(**{"seed": 7, "limit_s": 60.0, "reuse": True, **begin})
    trained, trainee = trainees.train_model(opened, begun, student, lambda: None)
    return trained, trainee.list_weights(), trainees


def same(first: Any, second: Any) -> bool:
    return all(np.array_equal(one, two) for one, two in zip(first, second, strict=True))


def only_key() -> str:
    (entry,) = Store(STORE_KIND).list_entries()
    return entry.key


BUILDS = [dense, dropout, convolution, unbuilt]


@pytest.mark.parametrize("build", BUILDS)
def test_told_again_it_says_the_same_and_ends_with_the_same_weights(build):
    """Every hook, every figure and every weight of a replayed training are those of the training itself."""
    plain, first, again = Student(), Student(), Student()
    _, weights, _ = run(order(build, epochs=4), plain, stored=False)

    new, made, _ = run(order(build, epochs=4), first)
    told, taken, _ = run(order(build, epochs=4), again)

    assert (new.replayed, told.replayed) == (False, True)
    assert plain.heard == first.heard == again.heard
    assert same(weights, made)
    assert same(weights, taken)
    assert (told.stopped_by, told.seconds) == ("epochs", pytest.approx(new.seconds, rel=0.5))


MORE = {"validation_split": 0.25, "class_weight": {0: 1.0, 1: 2.0}, "batch_size": 24}
GOING_ON = [
    (dense, "sgd", {}),
    (dropout, "adam", MORE),
    (convolution, lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), {}),
    (unbuilt, lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 20, 0.5)), MORE),
    (dropout, "rmsprop", {"shuffle": False}),
]


@pytest.mark.parametrize(("build", "optimizer", "more"), GOING_ON)
def test_a_training_that_goes_on_is_the_whole_training(build, optimizer, more):
    """Two epochs, then three more from what is stored, give the figures and weights of five in one go."""
    chosen = optimizer if isinstance(optimizer, str) else optimizer()
    plain, short, on = Student(), Student(stop_after=2), Student()
    _, weights, _ = run(order(build, chosen, epochs=5, **more), plain, stored=False)

    run(order(build, chosen, epochs=9, **more), short)
    trained, taken, _ = run(order(build, chosen, epochs=5, **more), on)
    _, told, _ = run(order(build, chosen, epochs=5, **more), Student())

    assert plain.heard == on.heard
    assert not trained.replayed
    assert same(weights, taken)
    assert same(weights, told)


@pytest.mark.parametrize("stop", [1, 3])
def test_a_callback_that_stops_earlier_gets_the_weights_of_then(stop):
    """The stored training is longer; its earlier epochs are kept too."""
    plain, again = Student(stop_after=stop), Student(stop_after=stop)
    _, weights, _ = run(order(epochs=9), plain, stored=False)

    run(order(epochs=5), Student())
    trained, taken, _ = run(order(epochs=9), again)

    assert (trained.replayed, trained.stopped_by) == (True, "callback")
    assert plain.heard == again.heard
    assert same(weights, taken)


def test_weights_that_are_not_kept_are_trained_again_unheard(cache):
    """Without the weights of an epoch the training is run, and callbacks hear it once all the same."""
    plain, again = Student(stop_after=2), Student(stop_after=2)
    _, weights, _ = run(order(epochs=9), plain, stored=False)
    run(order(epochs=4), Student())
    (cache / STORE_KIND / only_key() / "weights-2").unlink()

    trained, taken, _ = run(order(epochs=9), again)

    assert (trained.replayed, trained.stopped_by) == (False, "callback")
    assert plain.heard == again.heard
    assert same(weights, taken)


@pytest.mark.parametrize("at", [("epoch_begin", 2), ("epoch_end", 1), ("epoch_begin", 4), ("epoch_end", 3), ("train_begin", 0)])
def test_who_sets_the_learning_rate_trains_something_else_from_then_on(at):
    """A callback that interferes forks the training; what is stored stays what it was."""
    plain, fork, clean, after = Student(rate_at=at), Student(rate_at=at), Student(), Student()
    _, weights, _ = run(order(epochs=6), plain, stored=False)
    run(order(epochs=4), clean)

    _, taken, _ = run(order(epochs=6), fork)
    trained, _, _ = run(order(epochs=4), after)

    assert plain.heard == fork.heard
    assert same(weights, taken)
    assert trained.replayed
    assert after.heard == clean.heard


def test_what_was_never_stored_is_not_stored_by_who_interferes():
    """The first to train this sets the rate in the third epoch: the two epochs before are what can be told."""
    run(order(epochs=5), Student(rate_at=("epoch_begin", 2)))
    plain, after = Student(), Student()
    run(order(epochs=5), plain, stored=False)

    trained, _, _ = run(order(epochs=5), after)

    assert not trained.replayed
    assert plain.heard == after.heard


@pytest.mark.parametrize("restore", [("train_end", 1), ("train_end", 0)])
def test_a_callback_may_go_back_to_an_earlier_epoch(restore):
    """EarlyStopping with restore_best_weights gets the weights of that epoch, replayed or not."""
    plain, first, again = (Student(stop_after=3, restore=restore) for _ in range(3))
    _, weights, _ = run(order(epochs=6, weights=True), plain, stored=False)

    _, made, _ = run(order(epochs=6, weights=True), first)
    trained, taken, _ = run(order(epochs=6, weights=True), again)

    assert trained.replayed
    assert same(weights, made)
    assert same(weights, taken)
    assert all(same(one, two) for one, two in zip(plain.weights, again.weights, strict=True))


@pytest.mark.parametrize("hook", ["epoch_end", "train_end"])
def test_nobody_goes_ahead_to_an_epoch_of_somebody_else(hook):
    """A stored training may be longer than this one; its later weights are no earlier ones to go back to."""
    plain = Student(stop_after=1)
    _, weights, _ = run(order(epochs=6, weights=True), plain, stored=False)
    run(order(epochs=6, weights=True), Student())

    _, taken, _ = run(order(epochs=6, weights=True), Student(stop_after=1, restore=(hook, 4)))

    assert same(weights, taken)


@pytest.mark.parametrize("stop", [None, 2])
def test_a_second_fit_goes_on_from_a_replayed_one(stop):
    """The optimizer's state is brought back too, so that two fits give what they always gave."""
    plain, later = Student(), Student()
    _, _, trainees = run(order(epochs=4), Student(stop_after=stop), stored=False)
    _, weights, _ = run(order(epochs=2), plain, trainees=trainees)
    run(order(epochs=4), Student())

    _, _, trainees = run(order(epochs=4), Student(stop_after=stop))
    trained, taken, _ = run(order(epochs=2), later, trainees=trainees)

    assert not trained.replayed
    assert plain.heard == later.heard
    assert same(weights, taken)


@pytest.mark.parametrize("name", ["record", "weights-3", "state-3"])
@pytest.mark.parametrize("damage", [b"", b"grade-store/1\nxxxxxxxx", None])
def test_a_damaged_entry_is_dropped_and_trained_again(cache, name, damage):
    """A torn or altered file is no training; nothing but time is lost."""
    plain, again = Student(), Student()
    _, weights, _ = run(order(epochs=5), plain, stored=False)
    run(order(epochs=3), Student())
    path = cache / STORE_KIND / only_key() / name
    path.write_bytes(path.read_bytes()[:-1] + b"?" if damage is None else damage)

    _, taken, _ = run(order(epochs=5), again)

    assert plain.heard == again.heard
    assert same(weights, taken)


def test_a_training_that_turns_out_otherwise_is_dropped():
    """A record that proves itself and is wrong all the same ends as a fault of the machine, once."""
    run(order(epochs=3), Student())
    archive, key = TrajectoryArchive(Store(STORE_KIND)), only_key()
    known = msgspec.to_builtins(archive.load_trajectory(key))
    known["epochs"][0]["told"][-1]["logs"]["loss"] = 9.0
    archive.save_trajectory(key, msgspec.convert(known, Trajectory))
    archive.store.remove_file(key, "weights-2")

    with pytest.raises(TrajectoryMismatch, match="epoch_end 0: .*stored: epoch_end 0: .*9.0"):
        run(order(epochs=3), Student(stop_after=2))
    assert archive.load_trajectory(key) is None


def test_fresh_trains_anew():
    """`--fresh` believes no store."""
    run(order(epochs=2), Student())

    trained, _, _ = run(order(epochs=2), Student(), reuse=False)

    assert not trained.replayed


def test_a_stored_training_beyond_the_time_limit_is_left_to_the_clock():
    """What took longer than is allowed here is run, not told."""
    run(order(epochs=2), Student())

    trained, _, _ = run(order(epochs=2), Student(), limit_s=1e-9)

    assert not trained.replayed


def test_what_was_measured_is_kept_with_the_epoch_that_it_belongs_to():
    """The accuracy after epoch 3 is not told of a training that stopped after epoch 2."""
    _, _, trainees = run(order(epochs=3), Student())
    trainees.keep_measured(trainees.by_number[0], "mnist", Measured(train_accuracy=0.9, test_accuracy=0.8))

    _, _, same_one = run(order(epochs=3), Student())
    _, _, shorter = run(order(epochs=3), Student(stop_after=2))

    assert same_one.find_measured(same_one.by_number[0], "mnist") == Measured(train_accuracy=0.9, test_accuracy=0.8)
    assert shorter.find_measured(shorter.by_number[0], "mnist") is None


def test_what_was_measured_on_one_dataset_is_not_told_of_another():
    """A training on clothes that is handed in for digits says nothing about the same one handed in for clothes."""
    _, _, trainees = run(order(epochs=1), Student())
    trainees.keep_measured(trainees.by_number[0], "mnist", Measured(train_accuracy=0.1, test_accuracy=0.1))

    _, _, again = run(order(epochs=1), Student())

    assert again.find_measured(again.by_number[0], "fashion_mnist") is None


def test_idle_layers_are_looked_for_anew():
    """They are told by name, and the same training may come from a model with other names."""
    _, _, trainees = run(order(epochs=1), Student())
    trainees.keep_measured(trainees.by_number[0], "mnist", Measured(train_accuracy=0.9, test_accuracy=0.8, idle=["conv"]))

    _, _, again = run(order(epochs=1), Student())

    assert again.find_measured(again.by_number[0], "mnist") is None


def test_the_model_of_a_replayed_training_can_be_measured():
    """Its weights are those of the training."""
    _, weights, _ = run(order(unbuilt, epochs=2), Student())
    _, _, trainees = run(order(unbuilt, epochs=2), Student())

    assert same(trainees.build_trained_model(trainees.by_number[0]).get_weights(), weights)


# ---- what makes two trainings the same ----


def key(opened: Any, seed: int = 7) -> str:
    return identity.compute_training_key(opened.order, opened.arrays, seed, "here", DigestCache())


def test_names_and_the_number_of_epochs_make_no_other_training():
    """Layers are numbered by Keras as they come; that changes nothing."""
    assert key(order(dense, epochs=3)) == key(order(dense, epochs=9))


def named(second: str, activation: str) -> Any:
    return lambda: [layers.Input((6, 6, 1)), layers.Flatten(), layers.Dense(8, activation=activation, name=second), layers.Dense(2)]


def functional(name: str, units: int = 4) -> Any:
    image = keras.Input((6, 6, 1), name=f"{name}_in")
    flat = layers.Flatten(name=f"{name}_flat")(image)
    split = [layers.Dense(units, name=f"{name}_{side}")(flat) for side in "ab"]
    model = keras.Model(image, layers.Dense(2, name=f"{name}_out")(layers.Add(name=f"{name}_add")(split)), name=name)
    return model.to_json()


def test_names_within_a_graph_are_places_only():
    """A functional model is the same under other names, and not with its branches swapped or widened."""
    first, other, wider = functional("one"), functional("two"), functional("one", 5)

    assert identity.replace_layer_names(first) == identity.replace_layer_names(other) != identity.replace_layer_names(wider)
    assert "one_a" not in identity.replace_layer_names(first)


def test_half_precision_is_another_training():
    """The policy of a layer has a name too, which is no layer's."""
    whole, half = (keras.layers.Dense(2, dtype=policy, name="d") for policy in ("float32", "mixed_float16"))
    one, two = (keras.Sequential([keras.Input((3,)), layer]).to_json() for layer in (whole, half))

    assert identity.replace_layer_names(one) != identity.replace_layer_names(two)


DIFFERENT = [
    order(named("relu", "relu")),
    order(named("tanh", "tanh")),
    order(named("relu", "tanh")),
    order(dropout),
    order(optimizer="sgd"),
    order(optimizer=keras.optimizers.Adam(0.002)),
    order(y=1 - Y),
    order(y=Y.astype("int32")),
    order(batch_size=16),
    order(shuffle=False),
    order(validation_split=0.5),
    order(initial_epoch=1),
    order(class_weight={0: 1.0, 1: 3.0}),
]


def test_everything_else_does():
    """Architecture, optimizer, data, dtype, fit arguments: each makes another key, but for names."""
    keys = [key(opened) for opened in DIFFERENT]

    assert keys[0] != keys[1]
    assert keys[1] == keys[2]
    assert len(set(keys)) == len(keys) - 1
    assert key(DIFFERENT[0], seed=8) != keys[0]


@pytest.mark.parametrize("fit", [{"steps_per_epoch": 3}, {"batches": [128, 128]}])
def test_what_depends_on_more_than_its_key_is_never_stored(fit):
    """Pipelines and steps per epoch carry a state of their own from epoch to epoch."""
    opened = order(epochs=1, **fit)

    run(opened, Student())

    assert Store(STORE_KIND).list_entries() == []


def _one_more(barrier: Any, results: Any) -> None:
    barrier.wait()
    waited: list[float] = []
    student = Student()
    trainees = Trainees(TrajectoryArchive(Store(STORE_KIND)), "here", waited.append, DigestCache())
    trained, _ = trainees.train_model(order(epochs=40), Begin(seed=7, limit_s=60.0, reuse=True), student, lambda: None)
    results.put((trained.replayed, len(student.epochs)))


@pytest.mark.train
def test_two_that_want_the_same_at_once_train_it_once():
    """The second waits for the first, then tells what that trained."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    workers = [context.Process(target=_one_more, args=(barrier, results)) for _ in range(2)]

    for worker in workers:
        worker.start()
    found = sorted(results.get(timeout=120) for _ in workers)
    for worker in workers:
        worker.join()

    assert found == [(False, 40), (True, 40)]


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_training_that_ends_with_averages_is_run_anew(wrapped):
    """The weights that an epoch ended with are not those that a training of as many epochs ends with."""
    def averaging():
        optimizer = keras.optimizers.SGD(0.1, use_ema=True)
        return keras.optimizers.LossScaleOptimizer(optimizer) if wrapped else optimizer

    run(order(optimizer=averaging(), epochs=3), Student())
    _, weights, _ = run(order(optimizer=averaging(), epochs=2), Student(), stored=False)

    trained, taken, _ = run(order(optimizer=averaging(), epochs=2), Student())

    assert not trained.replayed
    assert same(weights, taken)
