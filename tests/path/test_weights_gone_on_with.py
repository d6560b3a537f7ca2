"""Weights of an earlier training are gone on with; all others are refused at the line that brings them."""

import pytest

pytestmark = pytest.mark.train
HEAD = """
import copy
import pickle
import keras
import numpy as np
import tensorflow as tf
L = keras.layers

def data(count=2000):
    (x, y), _ = keras.datasets.mnist.load_data()
    return x[:count] / 255.0, y[:count]

def compiled(model=None):
    model = model or keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(32, activation="relu"), L.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

def train():
    x, y = data()
    model = compiled()
    {}
"""
FIRST = "first = model.fit(x, y, epochs=2).history['loss'][-1]\n    "
LAST = "\n    return [first, model.fit(x, y, epochs=1).history['loss'][0]]"
GOES_ON = {
    "an h5 file": "model.save('whole.h5'); model = keras.models.load_model('whole.h5')",
    "only its weights": "model.save_weights('it.weights.h5'); model = compiled(); model.load_weights('it.weights.h5')",
    "a deep copy": "model = copy.deepcopy(model)",
    "a pickle": "model = pickle.loads(pickle.dumps(model))",
    "a copy of its configuration": "w = model.get_weights(); model = compiled(keras.Sequential.from_config(model.get_config())); model.set_weights(w)",
    "weights in an archive": "np.savez('w.npz', *model.get_weights()); model = compiled(); model.set_weights(list(np.load('w.npz').values()))",
    "variables one by one": "other = compiled(); [a.assign(b) for a, b in zip(other.weights, model.weights)]; model = other",
}
REFUSED = {
    "averaged": "first = 0; other = compiled(); other.fit(x, y, epochs=1)\n    model.set_weights([(a + b) / 2 for a, b in zip(model.get_weights(), other.get_weights())])",
    "edited a little": "first = 0; w = model.get_weights(); w[3][0] += 1e-6\n    model.set_weights(w)",
    "of two moments": "first = 0; w = model.get_weights(); model.fit(x, y, epochs=1)\n    model.set_weights([*w[:2], *model.get_weights()[2:]])",
    "steps by hand": (
        "first = 0; other = keras.models.clone_model(model); other.set_weights(model.get_weights()); model = compiled(other)\n    "
        "with tf.GradientTape() as tape:\n        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, model(x)))\n    "
        "model.optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))"
    ),
    "made up": "first = 0; model = compiled()\n    model.set_weights([np.ones_like(w) for w in model.get_weights()])",
}


@pytest.mark.parametrize("how", GOES_ON.values(), ids=GOES_ON)
def test_weights_of_a_training_are_gone_on_with(soon_graded, how):
    """However they are kept: the next epoch begins where the last one ended, and both count."""
    verdict = soon_graded(HEAD.format(FIRST + how + LAST))

    assert verdict.end == "completed", verdict.end_message
    first, then = verdict.returned
    assert then < first
    assert len(verdict.training[0].epochs) == 3


@pytest.mark.parametrize("how", REFUSED.values(), ids=REFUSED)
def test_other_weights_are_refused_at_their_line(soon_graded, how):
    """Nothing is trained from them, and nothing begins anew in silence."""
    text = HEAD.format(FIRST + how + LAST)
    line = len(text[: text.index(how) + len(how)].split("\n"))

    verdict = soon_graded(text)

    assert (verdict.end, verdict.end_line) == ("forbidden", line), verdict.end_message
    assert "neither fresh nor what a training in this file gave" in verdict.end_message


def test_a_copy_of_fresh_weights_is_fresh(soon_graded):
    """Two optimizers are compared from the same beginning."""
    verdict = soon_graded(HEAD.format(
        "other = compiled(); other.set_weights(model.get_weights())\n    "
        "return [one.fit(x, y, epochs=1).history['loss'][0] for one in (other, model)]"
    ))  # fmt: skip

    assert verdict.end == "completed", verdict.end_message
    assert verdict.returned[0] == verdict.returned[1]


def test_first_weights_may_be_put_back_before_each_training(soon_graded):
    """Also before the first one."""
    verdict = soon_graded(HEAD.format(
        "first = model.get_weights(); losses = []\n    for _ in range(2):\n        model.set_weights(first); compiled(model)\n        "
        "losses += model.fit(x, y, epochs=1).history['loss']\n    return losses"
    ))  # fmt: skip

    assert verdict.end == "completed", verdict.end_message
    assert verdict.returned[0] == verdict.returned[1]
    assert len(verdict.training[0].epochs) == 1


def test_a_pickled_history_is_no_weights(soon_graded):
    """Nor is what somebody prints or keeps of a training."""
    verdict = soon_graded(HEAD.format(
        "history = model.fit(x, y, epochs=1)\n    pickle.dump(history.history, open('h.pkl', 'wb'))\n    "
        "return len(pickle.load(open('h.pkl', 'rb'))['loss'])"
    ))  # fmt: skip

    assert (verdict.end, verdict.returned) == ("completed", 1)


FORGED = """
    import grader.student.provenance as provenance
    from grader.protocol.orders import Origin
    first = model.fit(x, y, epochs=1).history["loss"][0]
    provenance.Provenance.find_origin = lambda *_: Origin({})
    model = compiled()
    return model.fit(x, y, epochs=1).history["loss"][0]
"""


@pytest.mark.parametrize("told", ["handout=7", "handout=0, optimizer=9", "initial=5"])
def test_made_up_origins_lead_nowhere(soon_graded, told):
    """A student's process may name any; only what the trainer gave out is there."""
    verdict = soon_graded(HEAD.format(FORGED.strip().format(told)))

    assert (verdict.end, verdict.returned) == ("forbidden", None)
    assert sum(len(training.epochs) for training in verdict.training) <= 1
