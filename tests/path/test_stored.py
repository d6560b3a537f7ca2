"""A submission whose training is known already gets the verdict that it would get anyway."""

import msgspec
import pytest

from grader.engines import pair
from grader.engines.pool import open_pool
from grader.grading import GradingOptions

pytestmark = pytest.mark.train

CHECKS = """[
  {id: line, check: training.reaches, args: {metric: accuracy, above: 0.5}, points: 1},
  {id: returned, check: returns.match_training, points: 1},
  {id: general, check: measured.accuracy, args: {split: test, at_least: 0.3}, points: 1}]"""
FILE = """
import tensorflow as tf
def train():
    (x, y), (tx, ty) = tf.keras.datasets.mnist.load_data()
    x, y, tx, ty = x[:2000] / 255.0, y[:2000], tx[:500] / 255.0, ty[:500]
    model = tf.keras.Sequential([tf.keras.layers.Input((28, 28)), tf.keras.layers.Flatten(), LAYERS
                                 tf.keras.layers.Dense(10, activation='softmax')])
    model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])
    callbacks = [CALLBACKS]
    history = model.fit(x, y, epochs=EPOCHS, validation_data=(tx, ty), callbacks=callbacks, verbose=2)
    AFTER
    return history.epoch, history.history['accuracy'][-1]
"""
CASES = {
    "plain": {},
    "dropout": {"LAYERS": "tf.keras.layers.Dropout(0.5),"},
    "best": {
        "CALLBACKS": "tf.keras.callbacks.EarlyStopping('val_loss', patience=1, min_delta=9, restore_best_weights=True)",
        "AFTER": "print(model.evaluate(tx, ty, verbose=0))",
    },
    "rate": {"CALLBACKS": "tf.keras.callbacks.LearningRateScheduler(lambda e, lr: lr if e < 2 else lr / 2)"},
    "weights": {"AFTER": "print([float(abs(w).sum()) for w in model.get_weights()])"},
    "again": {"AFTER": "history = model.fit(x, y, epochs=2, verbose=2)"},
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A store of its own; the datasets are decoded into it too."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def stored(cache, monkeypatch):
    """An environment in which trainings are stored there."""
    monkeypatch.setenv("GRADE_CACHE", str(cache))


@pytest.fixture(scope="module")
def kept_warm(cache):
    """Processes that store there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_CACHE", str(cache))
        with open_pool(1) as made:
            yield made.start_pair


def text(case, epochs):
    words = {"LAYERS": "", "CALLBACKS": "", "AFTER": "pass", "EPOCHS": str(epochs), **CASES[case]}
    source = FILE
    for word, value in words.items():
        source = source.replace(word, value)
    return source


def comparable(verdict):
    """All of a verdict but its times and whether it was replayed."""
    plain = msgspec.to_builtins(verdict)
    plain.pop("timings")
    for training in plain["training"]:
        training.pop("seconds")
        training.pop("replayed")
    return msgspec.json.encode(plain)


def same_in_any_way(graded, case, start):
    """Asserts that a verdict is the same told again, gone on with from a shorter training, and run anew."""
    own = {"start": start, "seed": 10 + [*CASES].index(case)}  # of which no other case has stored a training

    def verdict(epochs, **options):
        return graded(text(case, epochs), checks=CHECKS, options=GradingOptions(**own, **options))

    verdict(3)
    on, told, fresh = verdict(5), verdict(5), verdict(5, fresh=True)

    assert comparable(on) == comparable(told) == comparable(fresh)
    assert fresh.training[0].replayed is False
    assert told.training[0].replayed is (case not in ("rate", "again"))
    assert told.status == "passed"


@pytest.mark.parametrize("case", [case for case in CASES if case != "best"])
def test_a_replayed_verdict_is_the_fresh_one(stored, graded, kept_warm, case):
    """Byte for byte but for times."""
    same_in_any_way(graded, case, kept_warm)


def test_it_is_so_in_processes_that_know_nothing_of_each_other(stored, graded):
    """All that goes from one to the next is in the store."""
    same_in_any_way(graded, "best", pair.start_pair)
