"""Writes a model of a class of the student's as a functional one, by calling its `call()` with symbolic tensors.

Each layer of Keras's that is called becomes part of the functional model and keeps its weights; layers and models of the
student's own are followed inside. Nothing that is found here is trusted: the trainer checks the result like any order.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.models.functional import Functional

# What changes nothing in a prediction: a call() may leave it out there.
TRAINING_ONLY = (
    "Dropout",
    "AlphaDropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "GaussianDropout",
    "GaussianNoise",
)
OTHER_MODE = "its call() runs {} in {} with training={}"
HAND_ON = "write `def call(self, images, training=None)` and pass `training` on; to freeze a layer set `layer.trainable = False`"
MAX_NUMBERS = 1000  # the trainer accepts far fewer
IDLE = "`{}` does nothing: call() takes no `training`, so Keras never switches it on; write `def call(self, images, training=None)`"


class Untraceable(Exception):
    """The student's class does something that no functional model does."""

    def __init__(self, what: str, instead: str, line: int | None = None) -> None:
        self.what, self.instead, self.line = what, instead, line
        super().__init__(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One call of a model: its symbolic inputs and outputs, and the `training` of each call of a layer of Keras's."""

    inputs: Any
    outputs: Any
    modes: dict[tuple[int, int], Any]  # by id of the layer and number of its call


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A functional model, and the dropout layers that `call()` never switches on: they are left out."""

    model: Any
    idle: list[str]


def is_kerass(kind: type) -> bool:
    """Whether a class is Keras's own; Keras writes its own in the order by name."""
    return kind.__module__.startswith("keras.src.")


def holds_code(layer: Any) -> bool:
    """Whether what a layer does is the student's code: of a class of their own, or in a `Lambda`."""
    return not is_kerass(type(layer)) or isinstance(layer, keras.layers.Lambda)


def is_all_kerass(layer: Any) -> bool:
    """Whether everything that a layer or model does is Keras's own."""
    return not any(map(holds_code, layer._flatten_layers()))


class Tracer:
    """Traces models, and knows again what it has traced before."""

    def __init__(self) -> None:
        self.training: Any = None
        self.modes: dict[tuple[int, int], Any] | None = None
        self.numbers: dict[Any, int] = {}
        self.traced: dict[int, tuple[tuple[int, ...], Any]] = {}
        self.idle: set[str] = set()  # dropout and the like that a call() never switches on
        self.kept: list[Any] = []  # whatever a number stands for stays alive, so that no id is used twice

    @property
    def is_tracing(self) -> bool:
        return self.modes is not None

    def trace_model(self, model: Any, inputs: Any) -> Traced:
        """The functional model of the same layers, and which of them do nothing since `call()` never switches them on.

        Args:
            inputs: the shapes that are fed, in the structure that `call` gets, as symbolic tensors.

        Raises:
            Untraceable: `call()` isn't the same each time, or not the same in training and prediction.
        """
        self.idle = set()
        trained, again = (self._trace(model, inputs, training=True) for _ in range(2))
        idle = sorted(self.idle)
        _check_own_weights(model)
        predicted = self._trace(model, inputs, training=False)
        numbers = self._number(trained)
        if numbers != self._number(again):
            raise Untraceable(
                "its call() builds something else each time it is called",
                "make the layers in __init__(), and let call() do the same each time",
            )
        if self._number(trained, everything=False) != self._number(predicted, everything=False):
            raise Untraceable(
                "its call() builds another network in training than in prediction",
                "only layers such as Dropout may depend on `training`",
            )
        _check_modes(trained.modes, predicted.modes, self.kept)
        known = self.traced.get(id(model))
        # The same object again: in a second trace Keras would count the names of operations on.
        if known is None or known[0] != numbers:
            self.traced[id(model)] = known = (numbers, _make_functional(trained, model))
        return Traced(model=known[1], idle=idle)

    def _trace(self, model: Any, inputs: Any, *, training: bool) -> Trace:
        modes: dict[tuple[int, int], Any] = {}
        # As Keras's own training step does it: a model without that argument is called without it.
        takes = "training" in inspect.signature(type(model).call).parameters
        self.training, self.modes = training if takes else None, modes
        eager = tf.config.functions_run_eagerly()
        # A `@tf.function` can't take symbolic tensors; the Python function in it can.
        tf.config.run_functions_eagerly(True)
        plain, plain_graph = keras.layers.Layer.__call__, Functional.call
        keras.layers.Layer.__call__ = lambda layer, *args, **kwargs: self._call(plain, layer, args, kwargs)
        Functional.call = _run_graph
        try:
            outputs = self._follow(model, (inputs,), {})
        finally:
            keras.layers.Layer.__call__, Functional.call = plain, plain_graph
            tf.config.run_functions_eagerly(eager)
            self.training, self.modes = None, None
        made = [output for output in keras.tree.flatten(outputs) if output is not inputs]
        if not made or not all(isinstance(output, keras.KerasTensor) for output in made):
            raise Untraceable(
                "its call() doesn't return what Keras's layers made of the images", "return the last layer's output"
            )
        return Trace(inputs=inputs, outputs=outputs, modes=modes)

    def _call(self, plain: Any, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of any layer while a model is traced."""
        if not any(isinstance(part, keras.KerasTensor) for part in keras.tree.flatten((args, kwargs))):
            return plain(layer, *args, **kwargs)
        if not is_all_kerass(layer):
            return self._follow(layer, args, kwargs)
        args, kwargs = self._take_mode(type(layer).call, args, kwargs)
        if not self.training and is_training_only(layer):
            self.idle.add(layer.name)
            return args[0]
        outputs = plain(layer, *args, **kwargs)
        assert self.modes is not None
        self.kept.append(layer)
        self.modes[id(layer), len(layer._inbound_nodes) - 1] = self.training
        return outputs

    def _follow(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The layers and operations inside a layer or model that isn't all Keras's own."""
        call = type(layer).call
        args, kwargs = self._take_mode(call, args, kwargs)
        if call is keras.Sequential.call:
            outputs = args[0]
            for part in layer.layers:
                outputs = part(outputs)
            return outputs
        _build(layer, args)
        if "training" in inspect.signature(call).parameters:
            kwargs = {**kwargs, "training": self.training}
        return layer.call(*args, **kwargs)

    def _take_mode(
        self, call: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sets `training` as Keras does for this call and whatever follows; returns the arguments without it."""
        parameters = inspect.signature(call).parameters
        place = list(parameters).index("training") - 1 if "training" in parameters else len(args)
        if "training" in kwargs or len(args) > place:
            self.training = kwargs.get("training", args[place] if len(args) > place else None)
        elif self.training is None and "training" in parameters:
            default = parameters["training"].default
            self.training = None if default is inspect.Parameter.empty else default
        return args[:place], {key: value for key, value in kwargs.items() if key != "training"}

    def _number(self, trace: Trace, *, everything: bool = True) -> tuple[int, ...]:
        """Numbers for the outputs; equal ones for the same computation on the same inputs, made of the same layers.

        Args:
            everything: count what does nothing in a prediction, too.
        """
        places = {id(tensor): place for place, tensor in enumerate(keras.tree.flatten(trace.inputs))}
        done: dict[int, int] = {}

        def look(value: Any) -> Any:
            return done[id(value)] if isinstance(value, keras.KerasTensor) else _describe_constant(value)

        for tensor in _sort_tensors(keras.tree.flatten(trace.outputs), places):
            operation, index, output = tensor._keras_history
            arguments = operation._inbound_nodes[index].arguments if id(tensor) not in places else None
            if arguments is None:
                key: Any = ("input", places[id(tensor)])
            elif not everything and is_training_only(operation):
                done[id(tensor)] = done[id(arguments.keras_tensors[0])]
                continue
            else:
                own = _describe_operation(operation)
                parts = [look(part) for part in keras.tree.flatten((arguments.args, arguments.kwargs))]
                key = (type(operation).__name__, own, output, tuple(parts), tuple(sorted(arguments.kwargs)))
            done[id(tensor)] = self.numbers.setdefault(key, len(self.numbers))
        return tuple(done[id(tensor)] for tensor in keras.tree.flatten(trace.outputs))


def _sort_tensors(outputs: list[Any], places: dict[int, int]) -> list[Any]:
    """Every tensor on the way to the outputs, each after those it is made of."""
    found: dict[int, Any] = {}
    waiting = [(tensor, False) for tensor in reversed(outputs)]
    while waiting:
        tensor, seen = waiting.pop()
        if id(tensor) in found:
            continue
        operation, index, _ = tensor._keras_history
        if seen or id(tensor) in places:
            found[id(tensor)] = tensor
        else:
            waiting.append((tensor, True))
            waiting.extend((source, False) for source in operation._inbound_nodes[index].arguments.keras_tensors)
    return list(found.values())


def _describe_operation(operation: Any) -> Any:
    """A layer with weights is itself; one without, which may be made within `call()`, and an operation are their settings."""
    is_layer = isinstance(operation, keras.layers.Layer)
    if is_layer and operation.variables:
        return id(operation)
    settings = (
        operation.get_config()
        if is_layer
        else {key: each for key, each in vars(operation).items() if not key.startswith("_")}
    )
    return repr(sorted((key, repr(value)) for key, value in settings.items() if key != "name"))


def _describe_constant(value: Any) -> Any:
    """A value in a call, such that equal values are equal."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return (type(value).__name__, value)
    with contextlib.suppress(TypeError, ValueError, NotImplementedError):
        array = np.asarray(value)
        if array.size > MAX_NUMBERS:
            raise Untraceable(
                f"its call() brings {array.size:,} numbers of its own", "let Keras's layers have the weights"
            )
        if array.dtype != object:
            return (array.dtype.name, array.shape, hashlib.blake2b(array.tobytes()).hexdigest())
    return repr(value)


def is_training_only(layer: Any) -> bool:
    """Whether a layer gives back what it gets when nothing is trained: dropout, noise, augmentation, a row of these."""
    if isinstance(layer, keras.Sequential):
        parts = [part for part in layer._flatten_layers(include_self=False) if type(part).__name__ != "InputLayer"]
        return bool(parts) and all(is_training_only(part) for part in parts)
    kind = type(layer).__name__
    return isinstance(layer, keras.layers.Layer) and (kind in TRAINING_ONLY or kind.startswith("Random"))


def _build(layer: Any, args: tuple[Any, ...]) -> None:
    """A layer of the student's may make its parts when it sees the shape of its input."""
    if not layer.built and not isinstance(layer, keras.Model):
        layer.build(keras.tree.map_structure(lambda tensor: tuple(tensor.shape), args[0]))


def _run_graph(model: Any, inputs: Any, *_: Any, **__: Any) -> Any:
    """Calls each layer of a functional model anew, so that those of the student's are followed, too."""
    outputs = model._run_through_graph(keras.tree.flatten(inputs), operation_fn=lambda operation: operation)
    return outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs


def _check_modes(trained: dict[Any, Any], predicted: dict[Any, Any], layers: Sequence[Any]) -> None:
    """Raises: Untraceable: a layer doesn't follow `fit` and `predict`, which Keras's functional models can't say."""
    by_id = {id(layer): layer for layer in layers}
    for modes, usual in ((trained, True), (predicted, False)):
        for (key, _), mode in modes.items():
            layer = by_id[key]
            if bool(mode) is not usual and any(_depends_on_training(part) for part in layer._flatten_layers()):
                raise Untraceable(OTHER_MODE.format(layer.name, "training" if usual else "prediction", mode), HAND_ON)


def _depends_on_training(layer: Any) -> bool:
    normal = isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    return (
        normal
        or is_training_only(layer)
        or bool(getattr(layer, "dropout", 0) or getattr(layer, "recurrent_dropout", 0))
    )


def _check_own_weights(model: Any) -> None:
    """Raises: Untraceable: a class of the student's has weights that are in none of Keras's layers."""
    for layer in model._flatten_layers():
        own = [weight.name for weight in (*layer._trainable_variables, *layer._non_trainable_variables)]
        if own and not is_kerass(type(layer)):
            raise Untraceable(
                f"`{type(layer).__name__}` has weights of its own ({', '.join(own[:5])})",
                "let Keras's layers have the weights, such as keras.layers.Dense",
                find_first_line(type(layer)),
            )


def find_first_line(kind: type, name: str = "call") -> int | None:
    """The line of a method of a student's class; None for one of Keras's."""
    method = getattr(kind, name)
    plain = getattr(method, "python_function", method)
    return getattr(getattr(plain, "__code__", None), "co_firstlineno", None) if not is_kerass(kind) else None


def _make_functional(trace: Trace, model: Any) -> Any:
    """The functional model; parts inside others of the student's may have a name that another has, too."""
    inputs = keras.tree.flatten(trace.inputs)
    tensors = _sort_tensors(keras.tree.flatten(trace.outputs), {id(tensor): 0 for tensor in inputs})
    seen: dict[str, Any] = {}
    for operation in [tensor._keras_history.operation for tensor in (*inputs, *tensors)]:
        name, count = operation.name, 1
        while seen.get(operation.name, operation) is not operation:
            operation.name, count = f"{name}_{count}", count + 1
        seen[operation.name] = operation
    return keras.Model(trace.inputs, trace.outputs, name=model.name)
