"""Calls as TF 1 and older Keras took them: arguments that were renamed, moved or dropped, names of files to save to."""

from __future__ import annotations

import functools
import os
import re
import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras.src import activations

from grader.leniency.old_names import ARGUMENTS, LENIENCIES, OPTIMIZERS
from grader.student.drives import map_path

# Arguments that are gone and change nothing in what is learned.
DROPPED_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "fit": ("workers", "use_multiprocessing", "max_queue_size", "pickle_safe", "nb_worker"),
    "ModelCheckpoint": ("period", "load_weights_on_restart"),
    "BatchNormalization": ("fused", "renorm", "virtual_batch_size"),
    "Layer": ("dim_ordering",),
    "compile": ("sample_weight_mode", "target_tensors"),
}
# Layers whose arguments were renamed.
LAYERS = ("Dense", "Conv2D", "MaxPooling2D", "Dropout")
MONITOR_CALLBACKS = ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint")
ACCURACY_FIELD = re.compile(r"\{(?:val_)?acc(?:uracy)?[^}]*\}")
MODEL_ENDINGS, WEIGHT_ENDINGS = (".keras", ".h5"), (".weights.h5",)
OLD_ENDING = re.compile(r"(?:\.weights)?\.(?:h5|hdf5|hdf|keras|ckpt|tf|pb)$")
SendRemark = Callable[[str], None]
Tell = Callable[..., None]
Change = Callable[[Tell, tuple[Any, ...], dict[str, Any]], tuple[Any, ...]]
KERAS_ACTIVATIONS = {
    "relu": "relu", "softmax": "softmax", "sigmoid": "sigmoid", "tanh": "tanh", "elu": "elu", "selu": "selu",
    "softplus": "softplus", "softsign": "softsign", "leaky_relu": "leaky_relu", "gelu": "gelu", "silu": "silu",
    "swish": "silu", "log_softmax": "log_softmax", "relu6": "relu6",
}  # fmt: skip


def install_old_calls(keras: Any, remark: SendRemark, families: tuple[Any, ...] = ()) -> None:
    """Wraps Keras's classes, in this process; after the delegate has taken the place of `fit`.

    Args:
        keras: the package.
        remark: receives a note for each call that Keras 3 would refuse, and for each file that can't be written.
        families: the other trees of modules that export the same functions (`tensorflow.keras`).
    """
    warnings.filterwarnings("ignore", "Do not pass an `input_shape`")  # it would name the wrapper below as its place
    tell = _make_teller(remark)
    for kind in OPTIMIZERS:
        change = functools.partial(_convert_optimizer_arguments, keras, kind)
        _wrap_method(getattr(keras.optimizers, kind), "__init__", change, tell)
    keras.optimizers.Optimizer.lr = property(
        lambda self: self.learning_rate, lambda self, rate: setattr(self, "learning_rate", rate)
    )
    # Older callbacks assign `self.model` themselves; Keras 3 made it a property that can only be read.
    readable = keras.callbacks.Callback.model
    keras.callbacks.Callback.model = property(readable.fget, lambda self, model: setattr(self, "_model", model))
    for name in LAYERS:
        _wrap_method(getattr(keras.layers, name), "__init__", functools.partial(_rename_arguments, name), tell)
    _wrap_method(keras.layers.Layer, "__init__", _convert_layer_arguments, tell)
    _wrap_method(keras.layers.BatchNormalization, "__init__", functools.partial(_drop_arguments, "BatchNormalization"), tell)
    for name in MONITOR_CALLBACKS:
        _wrap_method(getattr(keras.callbacks, name), "__init__", functools.partial(_convert_monitor_arguments, name), tell)
    _wrap_method(keras.callbacks.CSVLogger, "__init__", _convert_logger_path, tell)
    board = _make_tensorboard(keras.callbacks.Callback)
    for family in (keras, *families):
        family.callbacks.TensorBoard = board
        family.Input = family.layers.Input = _wrap_input(keras.Input)
        family.utils.plot_model = _skip_plot
        family.models.load_model = _wrap_load_model(keras.models.load_model)
    _patch_models(keras, remark, tell)


def _make_teller(remark: SendRemark) -> Tell:
    """Makes what says that a call works only here."""

    def tell(key: str, *words: str) -> None:
        remark(f"this works here alone: {LENIENCIES[key].format(*words)}")

    return tell


def _wrap_method(owner: Any, name: str, change: Change, tell: Tell) -> None:
    """Passes every call of a method through `change`, which mends its arguments and tells what Keras 3 would refuse."""
    plain = getattr(owner, name)

    def call_with_changes(self: Any, *args: Any, **kwargs: Any) -> Any:
        args = change(tell, args, kwargs)
        return plain(self, *args, **kwargs)

    # Keras compares two ways of reading a signature; for `__init__` they agree only where nothing is said to be wrapped.
    setattr(owner, name, call_with_changes if name == "__init__" else functools.wraps(plain)(call_with_changes))


def _drop_arguments(name: str, tell: Tell, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    for gone in DROPPED_ARGUMENTS[name]:
        if gone in kwargs:
            kwargs.pop(gone)
            tell("argument", gone)
    return args


def _rename_arguments(name: str, _: Tell, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    for old, new in ARGUMENTS[name].items():
        if old in kwargs and new is not None:
            kwargs[new] = kwargs.pop(old)
    return args


def _convert_optimizer_arguments(
    keras: Any, kind: str, tell: Tell, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, ...]:
    """`Adam(lr=…, decay=…)`: Keras 3 refuses both; `decay` was inverse-time decay, one step at a time."""
    if "lr" in kwargs:
        kwargs["learning_rate"] = kwargs.pop("lr")
    # Keras 2 took None for its default; Keras 3 computes with it and fails.
    if kwargs.get("epsilon", 0) is None:
        kwargs.pop("epsilon")
        tell("epsilon")
    if decay := kwargs.pop("decay", 0.0):
        rate = args[0] if args else kwargs.get("learning_rate", 0.01 if kind == "SGD" else 0.001)
        kwargs["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(rate, 1, decay)
        # The rate was positional and is part of the schedule now; left in place it would be given twice.
        if len(args) == 1:
            return ()
    return args


def _convert_layer_arguments(tell: Tell, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """`input_shape=784` as `(784,)`; `batch_input_shape` without its first number."""
    _drop_arguments("Layer", tell, args, kwargs)
    if kwargs.get("weights", 0) is None:
        kwargs.pop("weights")
    if "batch_input_shape" in kwargs:
        kwargs["input_shape"] = tuple(kwargs.pop("batch_input_shape"))[1:]
        tell("batch_input_shape")
    if isinstance(kwargs.get("input_shape"), int):
        kwargs["input_shape"] = (kwargs["input_shape"],)
    return args


def _wrap_input(plain: Any) -> Any:
    @functools.wraps(plain)
    def make_input(shape: Any = None, *args: Any, **kwargs: Any) -> Any:
        return plain((shape,) if isinstance(shape, int) else shape, *args, **kwargs)

    return make_input


def _convert_monitor_arguments(name: str, tell: Tell, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """TF 1 knew that `acc` is to rise; checkpoints had names of any form."""
    if name == "ModelCheckpoint":
        _drop_arguments(name, tell, args, kwargs)
        # Which ending Keras 3 insists on depends on what is saved.
        weights = bool(kwargs.get("save_weights_only", args[4] if len(args) > 4 else False))
        path = args[0] if args else kwargs.pop("filepath", "model")
        endings = WEIGHT_ENDINGS if weights else MODEL_ENDINGS
        _tell_ending(tell, path, endings)
        args = (_normalize_path(ACCURACY_FIELD.sub("", str(path)), endings), *args[1:])
    place = {"EarlyStopping": 0}.get(name, 1 if name == "ModelCheckpoint" else 0)
    monitor = kwargs.get("monitor", args[place] if len(args) > place else "")
    # Keras 3 guesses the direction from the metrics it knows; under the old name it would raise or wait for a minimum.
    if isinstance(monitor, str) and "acc" in monitor and len(args) <= place + 1:
        if kwargs.get("mode", "auto") == "auto":
            kwargs["mode"] = "max"
    return args


def _convert_logger_path(_: Tell, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """CSVLogger's file, in this folder where its path names one of another machine."""
    if "filename" in kwargs:
        kwargs["filename"] = map_path(kwargs["filename"])
    return (map_path(args[0]), *args[1:]) if args else args


def _tell_ending(tell: Tell, path: Any, endings: tuple[str, ...]) -> None:
    if not str(path).endswith(endings):
        tell("ending", endings[0])


def _normalize_path(path: Any, endings: tuple[str, ...]) -> Any:
    """The path with an ending that Keras 3 takes, in this folder where it names one of another machine."""
    path = map_path(path)
    text = str(path)
    return path if text.endswith(endings) else OLD_ENDING.sub("", text.rstrip("/")) + endings[0]


def _make_tensorboard(callback: Any) -> Any:
    """Makes a TensorBoard callback that writes nothing: its files would not be read."""

    class TensorBoard(callback):  # type: ignore[misc]
        def __init__(self, *_: Any, **__: Any) -> None:
            super().__init__()

    return TensorBoard


def _skip_plot(*_: Any, **__: Any) -> None:
    """`plot_model` draws with programs that aren't there."""


def _wrap_load_model(plain: Any) -> Any:
    @functools.wraps(plain)
    def load_model(filepath: Any, *args: Any, **kwargs: Any) -> Any:
        return plain(_normalize_path(filepath, MODEL_ENDINGS), *args, **kwargs)

    return load_model


def _loading_weights(plain: Any) -> Any:
    """Weights under a name of any form, also those of a model that was saved as a whole, as Keras 2 took them."""

    @functools.wraps(plain)
    def load_weights(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        saved = (
            _normalize_path(filepath, WEIGHT_ENDINGS),
            map_path(filepath),
            _normalize_path(filepath, MODEL_ENDINGS),
        )
        # The file was saved under an ending of ours, whichever of the two saved it.
        there = next((path for path in saved if os.path.isfile(path)), saved[0])  # noqa: PTH113 - which knows drives
        return plain(self, there, *args, **kwargs)

    return load_weights


def _patch_models(keras: Any, remark: SendRemark, tell: Tell) -> None:
    model = keras.Model
    _wrap_method(model, "fit", _convert_fit_arguments, tell)
    home = next(kind for kind in model.__mro__ if "compile" in vars(kind))  # else Keras takes every model's for its own
    _wrap_method(home, "compile", _convert_compile_arguments, tell)
    for name in ("evaluate", "predict"):
        _wrap_method(model, name, _convert_fit_arguments, tell)
    for kind in (model, keras.Sequential):
        _wrap_saving(kind, "save", MODEL_ENDINGS, remark, tell)
        _wrap_saving(kind, "save_weights", WEIGHT_ENDINGS, remark, tell)
    model.load_weights = _loading_weights(model.load_weights)
    model.fit_generator = _fit_generator
    model.evaluate_generator = lambda self, generator, *_, **__: self.evaluate(generator, verbose=0)
    model.predict_generator = lambda self, generator, *_, **__: self.predict(generator, verbose=0)
    model.predict_proba = lambda self, x, **kwargs: self.predict(x, **kwargs)
    model.predict_classes = lambda self, x, **kwargs: self.predict(x, **kwargs).argmax(axis=-1)


def _convert_fit_arguments(tell: Tell, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    _drop_arguments("fit", tell, args, kwargs)
    _rename_arguments("fit", tell, args, kwargs)
    for name in ("x", "y"):
        if name in kwargs:
            kwargs[name] = _to_one_array(tell, kwargs[name])
    if isinstance(kwargs.get("validation_data"), (list, tuple)):
        kwargs["validation_data"] = tuple(_to_one_array(tell, part) for part in kwargs["validation_data"])
    return (*(_to_one_array(tell, data) for data in args[:2]), *args[2:])


def _to_one_array(tell: Tell, data: Any) -> Any:
    """A list of numbers as one array, as Keras 2 took it; Keras 3 takes each of its items for an input of its own."""
    first = data
    # Looks at the first number only: a list of arrays is several inputs and must stay a list.
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    if first is data or not isinstance(first, (int, float, np.generic)):
        return data
    try:
        array = np.asarray(data)
    except ValueError:  # rows of different lengths, of which Keras may say what it likes
        return data
    tell("lists")
    return array


def _convert_compile_arguments(tell: Tell, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """TF 1 took metrics third, as `compile(optimizer, loss, metrics)`, and one metric without a list."""
    _drop_arguments("compile", tell, args, kwargs)
    # Keras 3 has `loss_weights` in that place.
    if len(args) > 2 and "metrics" not in kwargs and not _is_loss_weights(args[2]):
        kwargs["metrics"] = args[2]
        args = args[:2]
        tell("metrics_third")
    if args and isinstance(args[0], type):
        tell("optimizer", args[0].__name__[:40])
        args = (args[0](), *args[1:])
    if isinstance(kind := kwargs.get("optimizer"), type):
        tell("optimizer", kind.__name__[:40])
        kwargs["optimizer"] = kind()
    metrics = kwargs.get("metrics")
    if metrics is not None and not isinstance(metrics, (list, tuple, dict)):
        kwargs["metrics"] = [metrics]
        tell("metrics")
    return args


def _is_loss_weights(third: Any) -> bool:
    """Whether `compile`'s third argument are weights of losses, as Keras 3 has it there: numbers, or none at all."""
    parts = list(third.values()) if isinstance(third, dict) else third if isinstance(third, (list, tuple)) else [third]
    return all(part is None or isinstance(part, (int, float)) for part in parts)


def _wrap_saving(kind: Any, name: str, endings: tuple[str, ...], remark: SendRemark, tell: Tell) -> None:
    """Saves under a name that Keras 3 takes; a file that can't be written here sinks nothing."""
    plain = getattr(kind, name)

    @functools.wraps(plain)
    def save(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.pop("save_format", None)
        _tell_ending(tell, filepath, endings)
        try:
            plain(self, _normalize_path(filepath, endings), *args, **kwargs)
        except OSError as error:
            remark(f"`{name}(...)` could not write its file here; no points lost ({type(error).__name__})")

    setattr(kind, name, save)


def _fit_generator(self: Any, generator: Any, *args: Any, **kwargs: Any) -> Any:
    if args:
        kwargs["steps_per_epoch"] = args[0]
    return self.fit(generator, **kwargs)


def install_activations(tf: Any) -> None:
    """Makes every layer that is given a function of TensorFlow or `keras.ops` take Keras's activation of the same meaning."""
    homes = (tf.nn, tf.math, tf, tf.compat.v1.nn, keras.ops, tf.keras.backend)
    # Looked up by identity: a function of the student's own that is called relu must not be replaced by Keras's.
    known = {
        id(getattr(home, theirs)): getattr(keras.activations, ours)
        for theirs, ours in KERAS_ACTIVATIONS.items()
        for home in homes
        if hasattr(home, theirs) and hasattr(keras.activations, ours)
    }
    plain_get = activations.get

    def get(identifier: Any) -> Any:
        return plain_get(known.get(id(identifier), identifier))

    activations.get = get
    keras.activations.get = get
