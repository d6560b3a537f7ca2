"""Checks that a model knows nothing but what it learns: before any training it must not tell the classes apart.

What its outputs say is weighed in `evidence`. A trained model is looked at once more, without what it has learned.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from grader.trainer.order.model_json import OrderRefused
from grader.trainer.order.numbers import FEW_NUMBERS, count_numbers, find_statistics
from grader.trainer.order.rebuild import build_fresh
from grader.trainer.order.values import NO_WEIGHTS
from grader.trainer.training.evidence import MAX_EVIDENCE, weigh_evidence
from grader.trainer.training.feeding import Array, OrderArrays

# One honest model in twenty is looked at again.
SUSPICIOUS = 20.0
FRESH_DRAWS = 10
# The gates of a model with many numbers or operations are opened, too.
OPENED_DRAWS = 24
HOPELESS = 1e-9
# Its changes are shuffled until as many draws as this have said nothing.
SHUFFLED_DRAWS = 16
FRUITLESS = 0.5**4
EXAMPLES = 500
# Of a model whose outputs are so large that it takes fewer at a time.
MIN_EXAMPLES = 60
# How much statistics of some thousand other images agree with those of the ones that are looked at, and more.
MIN_LIKENESS = 0.9
MAX_CLASSES = 12
Config = dict[str, Any]
AtWork = Callable[[float], None]


def refuse_knowledge(
    architecture: Config, arrays: OrderArrays, name: str | None, portion: int, at_work: AtWork
) -> None:
    """Looks at what models of this architecture say before any training.

    Args:
        architecture: the checked configuration.
        arrays: what is trained on; skipped unless it is one array of images with their classes.
        name: that of the model's input, where the images are given by name.
        portion: how many examples to give to the model at a time.
        at_work: called after each look with the seconds that it took.

    Raises:
        OrderRefused: it tells the classes apart.
    """
    images, labels = (arrays.by_role.get(role, []) for role in ("x", "y"))
    classes = _classes(labels[0]) if len(images) == len(labels) == 1 else None
    if classes is None or len(images[0]) != len(classes):
        return
    look = _take_some(images[0], classes, name, portion, at_work)
    _check_statistics(architecture, look.images)
    knows = look.knows(lambda: build_fresh(_reseeded(architecture)), FRESH_DRAWS, SUSPICIOUS, HOPELESS)
    # Weights behind a gate that starts shut, such as a scale of zero, would show only after the first steps.
    if not knows and _holds_much(architecture):
        knows = look.knows(lambda: _build_opened(architecture, look.images), OPENED_DRAWS, HOPELESS, HOPELESS)
    if knows:
        what = "the model recognises the images before it is trained, so it contains weights from elsewhere"
        raise OrderRefused(what, NO_WEIGHTS)


def knows_without_learning(
    model: Any, architecture: Config, images: Array, labels: Array, portion: int, at_work: AtWork
) -> bool:
    """Whether a trained model of many numbers or operations knows the classes apart from what its training found out.

    What the training has changed in each weight is shuffled among the numbers of that weight: what was learned is lost, but
    a gate that opened, at whatever time and by whatever means, stays open. Outputs of an honest model have no names then,
    as those of a fresh one, so the evidence is weighed in the same way.

    Args:
        model: trained.
        architecture: its checked configuration.
        images: of the training, as they were fed.
        labels: their classes.
        portion: how many examples to give to the model at a time.
        at_work: called after each look with the seconds that it took.
    """
    classes = _classes(labels)
    if classes is None or not _holds_much(architecture):
        return False
    look = _take_some(images, classes, None, portion, at_work)
    first = _build_fresh_for(architecture, images)
    return look.knows(
        lambda: _shuffle_changes(first, model, _build_fresh_for(architecture, images)),
        SHUFFLED_DRAWS,
        FRUITLESS,
        FRUITLESS,
    )


def _holds_much(architecture: Config) -> bool:
    told = count_numbers(architecture)
    return max(told.acting + told.statistics, told.selecting) > FEW_NUMBERS


def _take_some(images: Array, classes: Array, name: str | None, portion: int, at_work: AtWork) -> _Look:
    """Some of the examples, by chance: whoever knew which ones could put there what the model doesn't know."""
    count = min(EXAMPLES, max(portion, MIN_EXAMPLES), len(classes))
    chosen = _draw_generator().choice(len(classes), count, replace=False)
    return _Look(images=images[chosen], classes=classes[chosen], name=name, portion=max(1, portion), at_work=at_work)


def _draw_generator() -> np.random.Generator:
    return np.random.default_rng(random.getrandbits(64))


def _check_statistics(architecture: Config, images: Array) -> None:
    """Raises: OrderRefused: a Normalization layer holds other means and variances than `adapt` finds in these images."""
    for means, variances in find_statistics(architecture):
        flat = images.reshape(len(images), -1).astype("float64")
        if not (_is_like(means, flat.mean(axis=0)) and _is_like(np.sqrt(np.abs(variances)), flat.std(axis=0))):
            what = "a Normalization layer has a mean or variance that is not the training images'"
            raise OrderRefused(what, "put it first, and call `adapt` with the training images")


def _is_like(given: Any, measured: Array) -> bool:
    """Whether two rows of numbers agree but for scale, shift and chance."""
    if len(given) != len(measured):
        return False
    spreads = float(np.std(given)), float(measured.std())
    return min(spreads) < 1e-9 or float(np.corrcoef(given, measured)[0, 1]) > MIN_LIKENESS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """Draws of one architecture, each looked at on the same images."""

    images: Array
    classes: Array
    name: str | None
    portion: int
    at_work: AtWork

    def knows(self, build: Callable[[], Any], draws: int, first: float, later: float) -> bool:
        """Whether the evidence gets beyond doubt.

        Args:
            build: makes one draw.
            draws: how many at most.
            first: with less evidence than this, the look ends after the first draw,
            later: and with less than this, after any other.
        """
        evidence = 1.0
        for draw in range(draws):
            start = time.monotonic()
            evidence *= weigh_evidence(self._answers(build()), self.classes)
            self.at_work(time.monotonic() - start)
            if evidence >= MAX_EVIDENCE:
                return True
            # Nearly all honest models leave after the first draw, so that the look costs little.
            if evidence < (later if draw else first):
                return False
        return False

    def _answers(self, model: Any) -> list[Array]:
        """What one draw says when it is used, and when it is trained, since some layers differ."""
        if not model.built:
            model.build((None, *self.images.shape[1:]))
        return [scores for training in (False, True) for scores in self._ask(model, training=training)]

    def _ask(self, model: Any, *, training: bool) -> list[Array]:
        portions = []
        for start in range(0, len(self.images), self.portion):
            part = self.images[start : start + self.portion]
            said = model(part if self.name is None else {self.name: part}, training=training)
            portions.append([_scores(output) for output in _flat(said)])
        return [np.concatenate(outputs) for outputs in zip(*portions, strict=True)]


def _flat(said: Any) -> list[Any]:
    parts = list(said.values()) if isinstance(said, dict) else said
    return [leaf for part in parts for leaf in _flat(part)] if isinstance(parts, (list, tuple)) else [said]


def _scores(said: Any) -> Array:
    # A model may answer NaN or infinity; neither may end the look or hide the other answers.
    scores = np.nan_to_num(np.asarray(said, dtype="float64"), nan=0.0, posinf=1e300, neginf=-1e300)
    rows: Array = scores.reshape(len(scores), -1)
    return rows


def _classes(labels: Array) -> Array | None:
    """The class of each example, from numbers or one-hot rows; None where the labels are something else."""
    rows = labels.reshape(len(labels), -1)
    if rows.shape[1] > 1:
        rows = rows.argmax(axis=1)[:, None]
    classes = rows[:, 0].astype("int64")
    is_numbered = bool((classes == rows[:, 0]).all() and (classes >= 0).all())
    return classes if is_numbered and len(np.unique(classes)) <= MAX_CLASSES else None


def _reseeded(node: Any) -> Any:
    """The configuration with other seeds in the places of those that it names: draws must not depend on each other."""
    if isinstance(node, list):
        return [_reseeded(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: random.getrandbits(31) if key == "seed" and type(value) is int else _reseeded(value)
        for key, value in node.items()
    }


def _build_opened(architecture: Config, images: Array) -> Any:
    model = _build_fresh_for(architecture, images)
    _open_gates(model, _draw_generator())
    return model


def _build_fresh_for(architecture: Config, images: Array) -> Any:
    return draw_model(architecture, (None, *images.shape[1:]))


def draw_model(architecture: Config, shape: tuple[int | None, ...]) -> Any:
    """A fresh model of a checked configuration whose weights are drawn by chance, whatever seeds it names."""
    model = build_fresh(_reseeded(architecture))
    if not model.built:
        model.build(shape)
    return model


def _shuffle_changes(first: Any, trained: Any, made: Any) -> Any:
    """A fresh model `made`, with the changes from `first` to `trained`, those of each weight in another order.

    What is but a multiple of the first weight stays in order, so that a small identity that grows remains one.
    """
    draws = _draw_generator()
    for variable, before, after in zip(made.weights, first.weights, trained.weights, strict=True):
        if not keras.backend.is_float_dtype(variable.dtype):
            continue
        start, end = (np.asarray(keras.ops.cast(each, "float32"), "float64").ravel() for each in (before, after))
        length = float(np.abs(start).max(initial=0.0))
        unit = start / length if length else start
        grown = float(unit @ end) / max(float(unit @ unit), 1e-300)
        own = np.asarray(keras.ops.cast(variable, "float32"), "float64").ravel() / (length or 1.0)
        value = grown * own + draws.permutation(end - grown * unit)
        variable.assign(value.reshape(variable.shape).astype("float32"))
    return made


def _open_gates(model: Any, draws: np.random.Generator) -> None:
    """Gives some weights other values: those that are all alike, such as a zero that would be learned, most often."""
    for variable in model.variables:
        value = np.asarray(variable)
        if value.dtype.kind != "f" and value.dtype.name != "bfloat16":
            continue
        alike, choice = bool((value == value.flat[0]).all()) if value.size else False, draws.random()
        if choice < (0.25 if alike else 0.5):
            continue
        drawn = draws.standard_normal(value.shape) * draws.choice([0.03, 1.0])
        if not variable.trainable:  # averages, of which some are variances
            drawn = np.abs(drawn)
        variable.assign((drawn if alike or choice < 0.75 else np.zeros(value.shape)).astype(value.dtype))
