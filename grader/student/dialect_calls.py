"""Calls as TF 1 and older Keras took them: arguments that were renamed, moved or dropped, names of files to save to."""

from __future__ import annotations

import functools
import os
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.leniency.old_names import ARGUMENTS, OPTIMIZERS
from grader.student.drives import map_path

# Arguments that are gone and change nothing in what is learned.
DROPPED: dict[str, tuple[str, ...]] = {
    "fit": ("workers", "use_multiprocessing", "max_queue_size", "pickle_safe", "nb_worker"),
    "ModelCheckpoint": ("period", "load_weights_on_restart"),
    "BatchNormalization": ("fused", "renorm", "virtual_batch_size"),
    "Layer": ("dim_ordering",),
}
# Layers whose arguments were renamed.
LAYERS = ("Dense", "Conv2D", "MaxPooling2D", "Dropout")
MONITORS = ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint")
FIELD = re.compile(r"\{(?:val_)?acc(?:uracy)?[^}]*\}")
WHOLE, WEIGHTS = (".keras", ".h5"), (".weights.h5",)
ENDING = re.compile(r"(?:\.weights)?\.(?:h5|hdf5|hdf|keras|ckpt|tf|pb)$")

Remark = Callable[[str], None]


def install(keras: Any, remark: Remark, families: tuple[Any, ...] = ()) -> None:
    """Wraps Keras's classes, in this process; after the delegate has taken the place of `fit`.

    Args:
        keras: the package.
        remark: is told of files that can't be written.
        families: the other trees of modules that export the same functions (`tensorflow.keras`).
    """
    warnings.filterwarnings("ignore", "Do not pass an `input_shape`")  # it would name the wrapper below as its place
    for kind in OPTIMIZERS:
        _wrap(getattr(keras.optimizers, kind), "__init__", functools.partial(_optimizer, keras, kind))
    keras.optimizers.Optimizer.lr = property(
        lambda self: self.learning_rate, lambda self, rate: setattr(self, "learning_rate", rate)
    )
    readable = keras.callbacks.Callback.model
    keras.callbacks.Callback.model = property(readable.fget, lambda self, model: setattr(self, "_model", model))
    for name in LAYERS:
        _wrap(getattr(keras.layers, name), "__init__", functools.partial(_renamed, name))
    _wrap(keras.layers.Layer, "__init__", _layer)
    _wrap(keras.layers.BatchNormalization, "__init__", functools.partial(_without, "BatchNormalization"))
    for name in MONITORS:
        _wrap(getattr(keras.callbacks, name), "__init__", functools.partial(_monitor, name))
    _wrap(keras.callbacks.CSVLogger, "__init__", _table)
    board = _board(keras.callbacks.Callback)
    for family in (keras, *families):
        family.callbacks.TensorBoard = board
        family.Input = family.layers.Input = _input(keras.Input)
        family.utils.plot_model = _no_picture
        family.models.load_model = _loading(keras.models.load_model)
    _models(keras, remark)


def _wrap(owner: Any, name: str, change: Callable[[tuple[Any, ...], dict[str, Any]], tuple[Any, ...]]) -> None:
    """Passes every call of a method through `change`, which mends its arguments."""
    plain = getattr(owner, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        args = change(args, kwargs)
        return plain(self, *args, **kwargs)

    # Keras compares two ways of reading a signature; for `__init__` they agree only where nothing is said to be wrapped.
    setattr(owner, name, method if name == "__init__" else functools.wraps(plain)(method))


def _without(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    for gone in DROPPED[name]:
        kwargs.pop(gone, None)
    return args


def _renamed(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    for old, new in ARGUMENTS[name].items():
        if old in kwargs and new is not None:
            kwargs[new] = kwargs.pop(old)
    return args


def _optimizer(keras: Any, kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """`Adam(lr=…, decay=…)`: Keras 3 refuses both; `decay` was inverse-time decay, one step at a time."""
    if "lr" in kwargs:
        kwargs["learning_rate"] = kwargs.pop("lr")
    if kwargs.get("epsilon", 0) is None:
        kwargs.pop("epsilon")
    if decay := kwargs.pop("decay", 0.0):
        rate = args[0] if args else kwargs.get("learning_rate", 0.01 if kind == "SGD" else 0.001)
        kwargs["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(rate, 1, decay)
        if len(args) == 1:
            return ()
    return args


def _layer(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """`input_shape=784` as `(784,)`; `batch_input_shape` without its first number."""
    _without("Layer", args, kwargs)
    if kwargs.get("weights", 0) is None:
        kwargs.pop("weights")
    if "batch_input_shape" in kwargs:
        kwargs["input_shape"] = tuple(kwargs.pop("batch_input_shape"))[1:]
    if isinstance(kwargs.get("input_shape"), int):
        kwargs["input_shape"] = (kwargs["input_shape"],)
    return args


def _input(plain: Any) -> Any:
    @functools.wraps(plain)
    def make(shape: Any = None, *args: Any, **kwargs: Any) -> Any:
        return plain((shape,) if isinstance(shape, int) else shape, *args, **kwargs)

    return make


def _monitor(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """TF 1 knew that `acc` is to rise; checkpoints had names of any form."""
    if name == "ModelCheckpoint":
        _without(name, args, kwargs)
        weights = bool(kwargs.get("save_weights_only", args[4] if len(args) > 4 else False))
        path = args[0] if args else kwargs.pop("filepath", "model")
        args = (_named(FIELD.sub("", str(path)), WEIGHTS if weights else WHOLE), *args[1:])
    place = {"EarlyStopping": 0}.get(name, 1 if name == "ModelCheckpoint" else 0)
    monitor = kwargs.get("monitor", args[place] if len(args) > place else "")
    if isinstance(monitor, str) and "acc" in monitor and len(args) <= place + 1:
        if kwargs.get("mode", "auto") == "auto":
            kwargs["mode"] = "max"
    return args


def _table(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """CSVLogger's file, in this folder where its path names one of another machine."""
    if "filename" in kwargs:
        kwargs["filename"] = map_path(kwargs["filename"])
    return (map_path(args[0]), *args[1:]) if args else args


def _named(path: Any, endings: tuple[str, ...]) -> Any:
    """The path with an ending that Keras 3 takes, in this folder where it names one of another machine."""
    path = map_path(path)
    text = str(path)
    return path if text.endswith(endings) else ENDING.sub("", text.rstrip("/")) + endings[0]


def _board(callback: Any) -> Any:
    """TensorBoard's callback without TensorBoard: nobody looks at what it writes."""

    class TensorBoard(callback):  # type: ignore[misc]
        def __init__(self, *_: Any, **__: Any) -> None:
            super().__init__()

    return TensorBoard


def _no_picture(*_: Any, **__: Any) -> None:
    """`plot_model` draws with programs that aren't there."""


def _loading(plain: Any) -> Any:
    @functools.wraps(plain)
    def load_model(filepath: Any, *args: Any, **kwargs: Any) -> Any:
        return plain(_named(filepath, WHOLE), *args, **kwargs)

    return load_model


def _loading_weights(plain: Any) -> Any:
    """Weights under a name of any form, also those of a model that was saved as a whole, as Keras 2 took them."""

    @functools.wraps(plain)
    def load_weights(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        saved = (_named(filepath, WEIGHTS), map_path(filepath), _named(filepath, WHOLE))
        there = next((path for path in saved if os.path.isfile(path)), saved[0])  # noqa: PTH113 - which knows drives
        return plain(self, there, *args, **kwargs)

    return load_weights


def _models(keras: Any, remark: Remark) -> None:
    model = keras.Model
    _wrap(model, "fit", _fit)
    home = next(kind for kind in model.__mro__ if "compile" in vars(kind))  # else Keras takes every model's for its own
    _wrap(home, "compile", _compile)
    for name in ("evaluate", "predict"):
        _wrap(model, name, _fit)
    for kind in (model, keras.Sequential):
        _saving(kind, "save", WHOLE, remark)
        _saving(kind, "save_weights", WEIGHTS, remark)
    model.load_weights = _loading_weights(model.load_weights)
    model.fit_generator = _fit_generator
    model.evaluate_generator = lambda self, generator, *_, **__: self.evaluate(generator, verbose=0)
    model.predict_generator = lambda self, generator, *_, **__: self.predict(generator, verbose=0)
    model.predict_proba = lambda self, x, **kwargs: self.predict(x, **kwargs)
    model.predict_classes = lambda self, x, **kwargs: self.predict(x, **kwargs).argmax(axis=-1)


def _fit(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    _without("fit", args, kwargs)
    _renamed("fit", args, kwargs)
    for name in ("x", "y"):
        if name in kwargs:
            kwargs[name] = _listed(kwargs[name])
    if isinstance(kwargs.get("validation_data"), (list, tuple)):
        kwargs["validation_data"] = tuple(_listed(part) for part in kwargs["validation_data"])
    return (*(_listed(data) for data in args[:2]), *args[2:])


def _listed(data: Any) -> Any:
    """A list of numbers as one array, as Keras 2 took it; Keras 3 takes each of its items for an input of its own."""
    first = data
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    if first is data or not isinstance(first, (int, float, np.generic)):
        return data
    try:
        return np.asarray(data)
    except ValueError:  # rows of different lengths, of which Keras may say what it likes
        return data


def _compile(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """TF 1 took metrics third, as `compile(optimizer, loss, metrics)`, and one metric without a list."""
    for gone in ("sample_weight_mode", "target_tensors"):
        kwargs.pop(gone, None)
    if len(args) > 2 and "metrics" not in kwargs and not _are_weights(args[2]):
        kwargs["metrics"] = args[2]
        args = args[:2]
    if args and isinstance(args[0], type):
        args = (args[0](), *args[1:])
    if isinstance(kwargs.get("optimizer"), type):
        kwargs["optimizer"] = kwargs["optimizer"]()
    metrics = kwargs.get("metrics")
    if metrics is not None and not isinstance(metrics, (list, tuple, dict)):
        kwargs["metrics"] = [metrics]
    return args


def _are_weights(third: Any) -> bool:
    """Whether `compile`'s third argument are weights of losses, as Keras 3 has it there: numbers, or none at all."""
    parts = list(third.values()) if isinstance(third, dict) else third if isinstance(third, (list, tuple)) else [third]
    return all(part is None or isinstance(part, (int, float)) for part in parts)


def _saving(kind: Any, name: str, endings: tuple[str, ...], remark: Remark) -> None:
    """Saves under a name that Keras 3 takes; a file that can't be written here sinks nothing."""
    plain = getattr(kind, name)

    @functools.wraps(plain)
    def save(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.pop("save_format", None)
        try:
            plain(self, _named(filepath, endings), *args, **kwargs)
        except OSError as error:
            remark(f"`{name}(...)` could not write its file here, which costs nothing ({type(error).__name__})")

    setattr(kind, name, save)


def _fit_generator(self: Any, generator: Any, *args: Any, **kwargs: Any) -> Any:
    if args:
        kwargs["steps_per_epoch"] = args[0]
    return self.fit(generator, **kwargs)
