"""Whether a model tells classes apart although nothing has been learned: the evidence, and what is looked at."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

keras = pytest.importorskip("keras")

import numpy as np  # noqa: E402
from keras import Input, layers, ops  # noqa: E402

from grader.protocol.arrays import ArraySpec  # noqa: E402
from grader.trainer.order.model_json import OrderRefused, parse_model_json  # noqa: E402
from grader.trainer.training import evidence, fresh_model  # noqa: E402
from grader.trainer.training.feeding import OrderArrays  # noqa: E402

pytestmark = pytest.mark.keras
RANDOM = np.random.default_rng(0)
# Ten blurred patterns, of which each image is one.
PATTERNS = RANDOM.random((10, 6, 6)).astype("float32")
CLASSES = RANDOM.integers(0, 10, 600)
IMAGES = (PATTERNS[CLASSES] + RANDOM.normal(0, 0.3, (600, 6, 6))).astype("float32")


def look(model: Any, images: Any = IMAGES, labels: Any = CLASSES, name: str | None = None, portion: int = 1000) -> None:
    tree = parse_model_json(json.dumps({**json.loads(model.to_json()), "compile_config": None}))
    specs = [
        ArraySpec(role=role, dtype=value.dtype.name, shape=list(value.shape))
        for role, value in (("x", images), ("y", labels))
    ]
    fresh_model.refuse_knowledge(tree, OrderArrays(specs, [images, labels]), name, portion, lambda _seconds: None)


def plain(*more: Any) -> Any:
    return keras.Sequential(
        [
            Input((6, 6)),
            layers.Flatten(),
            layers.Dense(8, activation="relu"),
            *more,
            layers.Dense(10, activation="softmax"),
        ]
    )


def knowing(hide: Callable[[Any], Any], sharp: float = 1.0) -> Any:
    inputs = Input((6, 6))
    templates = PATTERNS.reshape(10, 36).T - PATTERNS.mean(0).reshape(36, 1)
    scores = ops.matmul(layers.Flatten()(inputs), ops.convert_to_tensor(sharp * templates))
    return keras.Model(inputs, layers.Softmax()(hide(scores)))


def behind_a_gate(scores: Any) -> Any:
    gate = layers.Dense(1, kernel_initializer="zeros", use_bias=False)
    return layers.Reshape((10,))(gate(layers.Reshape((10, 1))(scores)))


KNOWING = {
    "openly": lambda x: x,
    "upside down": lambda x: -x,
    "behind one zero": behind_a_gate,
    "behind ten zeros": layers.BatchNormalization(gamma_initializer="zeros"),
    "with a frozen average": layers.BatchNormalization(moving_variance_initializer=keras.initializers.Constant(1e30)),
    "under huge outliers": lambda x: x + ops.power(layers.Dense(10)(x), 8),
    "beside a network": lambda x: behind_a_gate(x) + layers.Dense(10)(layers.Dense(8, activation="relu")(x)),
}


@pytest.mark.parametrize("name", KNOWING)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_model_knows_is_found(name: str, seed: int) -> None:
    """Whatever hides it until a step is done."""
    random.seed(seed)

    with pytest.raises(OrderRefused, match="before it is trained"):
        look(knowing(KNOWING[name]))


HONEST = {
    "dense": plain,
    "seeded": lambda: plain(layers.Dense(9, kernel_initializer=keras.initializers.GlorotUniform(seed=3))),
    "zeros at the end": lambda: keras.Sequential(
        [Input((6, 6)), layers.Flatten(), layers.Dense(10, kernel_initializer="zeros")]
    ),
    "rectified scores": lambda: plain(layers.Dense(10, activation="relu"), layers.ReLU()),
    "normalised": lambda: plain(layers.BatchNormalization(), layers.Dropout(0.5)),
    "unbuilt": lambda: keras.Sequential([layers.Flatten(), layers.Dense(10)]),
    "more outputs than classes": lambda: keras.Sequential([Input((6, 6)), layers.Flatten(), layers.Dense(40)]),
    "fewer outputs than classes": lambda: keras.Sequential([Input((6, 6)), layers.Flatten(), layers.Dense(9)]),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_models_know_nothing(name: str) -> None:
    """Their weights are drawn, however the last layer is made."""
    for seed in range(4):
        random.seed(seed)
        look(HONEST[name]())


def test_features_from_elsewhere_need_a_readout_that_is_learned() -> None:
    """Ten scores behind a layer of random weights say nothing about its own outputs; the budget of numbers bounds them."""
    random.seed(0)
    look(knowing(layers.Dense(10)))


def test_images_are_looked_at_by_chance() -> None:
    """Whoever knew which ones could put there what the model doesn't know."""
    random.seed(0)
    found = [fresh_model._take_some(IMAGES, CLASSES, None, 1000, lambda _seconds: None).images for _ in range(2)]

    assert len(found[0]) == 500
    assert not np.array_equal(*found)


def test_images_are_given_in_portions() -> None:
    """A model whose outputs are too large for many images at a time is looked at with as many."""
    random.seed(0)
    with pytest.raises(OrderRefused, match="before it is trained"):
        look(knowing(KNOWING["openly"]), portion=7)


def opened(gates: int, kind: Callable[[int], Any]) -> Any:
    """Knowledge behind gates in a row, none of which a look at the fresh model is likely to open."""
    inputs = Input((6, 6))
    templates = PATTERNS.reshape(10, 36).T - PATTERNS.mean(0).reshape(36, 1)
    h = layers.Reshape((10, 1))(ops.matmul(layers.Flatten()(inputs), ops.convert_to_tensor(templates)))
    for gate in range(gates):
        h = kind(gate)(h)
    return keras.Model(inputs, layers.Softmax()(layers.Reshape((10,))(h)))


def constrained(_: int) -> Any:
    small = keras.initializers.Constant(1e-20)
    return layers.Dense(1, use_bias=False, kernel_initializer=small, kernel_constraint="UnitNorm")


def identity() -> Any:
    return layers.Dense(10, use_bias=False, kernel_initializer=keras.initializers.Identity(1e-3))


def knows_afterwards(model: Any) -> bool:
    tree = parse_model_json(json.dumps({**json.loads(model.to_json()), "compile_config": None}))
    return fresh_model.knows_without_learning(model, tree, IMAGES, CLASSES, 100, lambda _seconds: None)


def test_gates_that_open_in_the_training_are_seen_afterwards() -> None:
    """However many there are in a row: what opened them stays, and what was learned doesn't."""
    random.seed(1)
    model = opened(30, constrained)
    model.compile(keras.optimizers.SGD(1e-12), "sparse_categorical_crossentropy")
    model.fit(IMAGES, CLASSES, batch_size=100, verbose=0)

    assert knows_afterwards(model)


def test_an_identity_that_grew_is_one_still() -> None:
    """Shuffling what changed leaves a multiple of the first weights as it is."""
    random.seed(1)
    inputs = Input((6, 6))
    templates = PATTERNS.reshape(10, 36).T - PATTERNS.mean(0).reshape(36, 1)
    gate = identity()
    model = keras.Model(
        inputs, layers.Softmax()(gate(ops.matmul(layers.Flatten()(inputs), ops.convert_to_tensor(templates))))
    )
    gate.set_weights([np.eye(10)])

    assert knows_afterwards(model)


@pytest.mark.parametrize("numbers", [0, 40])
def test_what_was_learned_is_lost_by_shuffling(numbers: int) -> None:
    """An honest model may hold many numbers, and be right about every image."""
    random.seed(1)
    model = plain(*(layers.Rescaling(1.01) for _ in range(numbers)))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(IMAGES, CLASSES, batch_size=10, epochs=20, verbose=0)

    assert history.history["accuracy"][-1] > 0.9
    assert not any(knows_afterwards(model) for _ in range(3))


def test_labels_in_any_form() -> None:
    """As numbers, in a column, one-hot; what is no class is left alone."""
    for labels in (CLASSES, CLASSES[:, None], np.eye(10)[CLASSES], CLASSES.astype("float32")):
        with pytest.raises(OrderRefused):
            look(knowing(KNOWING["openly"]), labels=labels)
    look(knowing(KNOWING["openly"]), labels=RANDOM.random(600))


def test_images_by_name() -> None:
    """A model whose input comes in a dictionary is looked at like any other."""
    inner = knowing(KNOWING["openly"])
    images = Input((6, 6), name="images")

    with pytest.raises(OrderRefused):
        look(keras.Model({"images": images}, inner(images)), name="images")


def test_evidence_of_a_model_that_knows_nothing_is_one_on_average() -> None:
    """What the error rate rests on: over all assignments of the outputs the mean is exactly one."""
    scores, classes = RANDOM.normal(size=(40, 4)), RANDOM.integers(0, 4, 40)
    found = [evidence.weigh_evidence([scores[:, order]], classes) for order in itertools.permutations(range(4))]

    assert np.mean(found) == pytest.approx(1.0)
    assert np.ptp(found) > 0.01


def test_permanents() -> None:
    """Against the sum over all injections."""
    logs = RANDOM.normal(size=(2, 3, 5))
    sums = [
        sum(np.exp(one[range(3), order].sum()) for order in map(list, itertools.permutations(range(5), 3)))
        for one in logs
    ]

    assert evidence._log_permanents(logs) == pytest.approx(np.log(sums))


def test_statistics_have_to_be_those_of_the_images() -> None:
    """What `adapt` finds passes, of part of the images, too; templates in their place don't."""
    norm = layers.Normalization(axis=(1, 2))
    norm.adapt(IMAGES[:300])
    random.seed(0)
    look(keras.Sequential([Input((6, 6)), norm, layers.Flatten(), layers.Dense(10)]))

    for mean, variance in ((PATTERNS[0], IMAGES.var(axis=0)), (IMAGES.mean(axis=0), PATTERNS[1])):
        other = layers.Normalization(axis=(1, 2), mean=mean, variance=variance)
        with pytest.raises(OrderRefused, match="a mean or variance that is not the training images'"):
            look(keras.Sequential([Input((6, 6)), other, layers.Flatten(), layers.Dense(10)]))
