"""Calls a graded function that returns a model, and orders the training of each model with the grader's own data.

Large weights are zeros here, since the trainer initialises its own and drawing millions of numbers takes time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from grader.data import load_dataset, supplied_model
from grader.protocol.arrays import ITEM_SIZES
from grader.protocol.wire import Building, Maps
from grader.student.feed import Cargo
from grader.student.front import Front, to_plain_data
from grader.student.sequences import convert_to_lists

Array = np.ndarray[Any, Any]
MAX_DRAWN_WEIGHTS = 1_000_000
MAX_MAPS = 100
MAX_AXES = 8
INSPECTION_EXAMPLES = 2  # examples that come with a model which is only looked at
MIN_IMAGE_AXES = 3


def build_all_models(front: Front, function: Callable[..., Any], building: Building) -> Any:
    """Calls the function, once or with each of the arguments, and lets every model be looked at or trained.

    Returns:
        What the function returned first, or the first thing that is no compiled model, as plain data.
    """
    images, labels = load_training_data(building)
    first: Any = None
    for returned, model in iter_models(front, function, building, images[0]):
        first = first or returned
        # What isn't a compiled model can't be ordered; the check names the first such return.
        if not returned["compiled"]:
            return returned
        model.fit(images, labels)
    return first


def train_on_given(front: Front, function: Callable[..., Any], building: Building) -> Any:
    """Calls a function that trains with the images and labels that it is to be given."""
    del front
    return function(*load_training_data(building))


def predict_from_given(front: Front, function: Callable[..., Any], building: Building) -> Any:
    """Calls a function that trains a model and predicts from numbers, which it is given as a plain list."""
    del front
    return function(list(building.values))


def send_prepared(front: Front, function: Callable[..., Any], building: Building) -> dict[str, Any]:
    """Calls a function that prepares images, and sends what it made of them as an order that nobody trains."""
    images, labels = load_training_data(building)
    # The other way round: a function that takes images from elsewhere than its argument gives other ones than these.
    with _refuse_training(front, "the function trains a model", "only prepare the images and return them"):
        value = function(np.ascontiguousarray(images[::-1]))
    if not (isinstance(value, np.ndarray) or keras.ops.is_tensor(value)):
        return {"array": False, "returned": to_plain_data(value)}
    array = np.asarray(value)
    told = {"array": True, "shape": list(array.shape), "returned": array.dtype.name}
    if array.dtype.name in ITEM_SIZES and 2 <= array.ndim <= MAX_AXES and len(array) == len(labels) and array.size:
        _build_stand_in(array.shape[1:]).fit(array, labels[::-1])
        return {**told, "ordered": True}
    return {**told, "ordered": False}


def try_callback(front: Front, made: Any, building: Building) -> None:
    """Makes an object of a callback's class, and gives it to a training that is tried and never run."""
    with _refuse_training(front, "the callback trains a model when it is made", "train in a function of the file"):
        callback = made if callable(getattr(made, "set_model", None)) and not isinstance(made, type) else made()
    images, labels = load_training_data(building)
    _build_stand_in(images.shape[1:]).fit(images, labels, epochs=10, callbacks=[callback])


def _build_stand_in(shape: tuple[int, ...]) -> Any:
    """A small model, which images of a shape can be given to."""
    model = keras.Sequential([keras.layers.Input(shape), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def send_activation_maps(front: Front, function: Callable[..., Any], building: Building) -> dict[str, Any]:
    """Calls the function with the grader's own trained model and some test images, and sends the arrays it gives."""
    images, labels = load_training_data(building)
    model = supplied_model.build_supplied_model()
    model.fit(images, labels)
    tested = load_dataset(building.dataset).x_test[building.shown][..., np.newaxis] / building.scale
    value = function(model, tested.astype("float32"))
    cargo, fault = collect_maps(value)
    front.send(Maps(arrays=cargo.specs, fault=fault), cargo.iter_portions())
    return {"arrays": [spec.shape for spec in cargo.specs], "fault": fault}


def collect_maps(value: Any) -> tuple[Cargo, str]:
    """What was given as arrays of numbers, one per layer, and what is wrong with it, in words."""
    cargo = Cargo()
    if not isinstance(value, (list, tuple)):
        return (
            cargo,
            f"it returned {'nothing (None)' if value is None else f'one {type(value).__name__[:100]}'}, not a list",
        )
    if len(value) > MAX_MAPS:
        return cargo, f"it returned a list of {len(value):,} items, more than there are layers"
    for number, item in enumerate(value, 1):
        # Lists aren't converted: a ragged or huge one would raise or take minutes here.
        array = np.asarray(item) if isinstance(item, np.ndarray) or keras.ops.is_tensor(item) else None
        if array is None or array.dtype.name not in ITEM_SIZES or not 0 < array.ndim <= MAX_AXES:
            return Cargo(), f"item {number} of its list is not an array of numbers ({type(item).__name__[:100]})"
        cargo.add_arrays("x", array)
    return cargo, ""


def iter_models(
    front: Front, function: Callable[..., Any], building: Building, image: Array
) -> Iterator[tuple[dict[str, Any], Any]]:
    """What each call gives, with its description in plain data."""
    for call in building.calls or [{}]:
        model = _call_builder(front, function, [image] if building.pad is not None else list(call.values()))
        yield _describe_returned(model, call), model


def load_training_data(building: Building) -> tuple[Array, Array]:
    """Images, framed by the padding, with or without an axis for one channel, and their labels; a few where nothing is trained."""
    data = load_dataset(building.dataset)
    number = building.examples if building.train else INSPECTION_EXAMPLES
    images, labels = data.x_train[:number], data.y_train[:number]
    if images.ndim < MIN_IMAGE_AXES:  # the rows of a table, or sequences
        return convert_to_lists(images), labels
    # Images in colours have that axis already.
    if building.channel and images.ndim == 3:
        images = images[..., np.newaxis]
    if building.scale != 1.0:
        images = (images / building.scale).astype("float32")
    pad = building.pad or 0
    return np.pad(images, ((0, 0), (pad, pad), (pad, pad), *[(0, 0)] * (images.ndim - 3))), labels


def _call_builder(front: Front, function: Callable[..., Any], arguments: list[Any]) -> Any:
    """One call; a `fit` inside it ends the run, since the training is the grader's part."""
    told = "the function trains the model itself", "only build and return it; the grader calls `fit`"
    with _refuse_training(front, *told), _skip_large_weights():
        return function(*arguments)


@contextmanager
def _refuse_training(front: Front, what: str, instead: str) -> Iterator[None]:
    """A `fit` in the block ends the run: its order would be taken for the one that the runtime makes."""

    def refuse_fit(*_: Any, **__: Any) -> None:
        front.report_unsupported(what, instead)

    fit = keras.Model.fit
    keras.Model.fit = refuse_fit
    try:
        yield
    finally:
        keras.Model.fit = fit


@contextmanager
def _skip_large_weights() -> Iterator[None]:
    """Weights of more than a million numbers start as zeros, without drawing them at random."""
    kinds = [keras.initializers.VarianceScaling, keras.initializers.RandomUniform, keras.initializers.RandomNormal,
             keras.initializers.TruncatedNormal]  # fmt: skip
    plain_calls = {kind: kind.__call__ for kind in kinds}
    for kind, call in plain_calls.items():
        kind.__call__ = _wrap_initializer(call)
    try:
        yield
    finally:
        for kind, call in plain_calls.items():
            kind.__call__ = call


def _wrap_initializer(call: Callable[..., Any]) -> Callable[..., Any]:
    def make_weights(initializer: Any, shape: Any, dtype: Any = None) -> Any:
        if math.prod(shape) > MAX_DRAWN_WEIGHTS:
            return keras.ops.zeros(shape, dtype=dtype or keras.config.floatx())
        return call(initializer, shape, dtype)

    return make_weights


def _describe_returned(value: Any, call: dict[str, int]) -> dict[str, Any]:
    """What was returned, for the report: a model is described by its class."""
    if not isinstance(value, keras.Model):
        return {"call": call, "returned": to_plain_data(value), "model": False, "compiled": False}
    named = {"call": call, "returned": type(value).__name__[:100], "model": True, "compiled": bool(value.compiled)}
    # Known before any image was seen: without an `Input` layer a model has no shape until it is trained.
    return named if value.built else {**named, "built": False}


USES: Mapping[str, Callable[[Front, Callable[..., Any], Building], Any]] = MappingProxyType({
    "build": build_all_models,
    "show": send_activation_maps,
    "prepare": send_prepared,
    "fit": train_on_given,
    "predict": predict_from_given,
    "stop": try_callback,
})  # fmt: skip
