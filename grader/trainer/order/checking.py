"""What can be ordered: a walk over a model's configuration before anything of it is built.

Keras's deserialisation imports modules, looks up registered objects and runs constructors by name. So the walk
accepts a closed grammar: exact (module, class) pairs of built-in objects in the places where they belong, with plain,
small values. Whatever isn't understood is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.trainer.order import allowed_names as names
from grader.trainer.order.graph import check_graph
from grader.trainer.order.model_json import OrderRefused, parse_model_json
from grader.trainer.order.numbers import Told, count_numbers
from grader.trainer.order.values import (
    MAX_ITEMS,
    MAX_STATISTICS,
    NO_WEIGHTS,
    PlainValueChecker,
    describe_value,
    escape_name,
    format_argument_place,
)

__all__ = ["OrderRefused", "check_config", "parse_model_json"]

MAX_LAYERS = 1000
MAX_CALLS = 3000
# Layers that take as long to compile as so many plain ones, since they hold loops.
LOOP_COSTS = dict.fromkeys(("RNN", "LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "Bidirectional"), 20)
MAX_NESTED_BUILDS = 20_000
MAX_DEPTH = 12
MAX_THRESHOLDS = 1000
# Measured: students' files hold 0 to 7, MobileNetV2 35, a network with augmentation, slopes and constraints everywhere 33;
# a linear classifier of MNIST needs 100 to get 55 % right. What fewer can say, `fresh` finds.
MAX_ACTING = 64
OBJECT_KEYS = {"module", "class_name", "config", "registered_name", "name", "inbound_nodes", "build_config"}
MODEL_KEYS = {
    "Sequential": {"name", "trainable", "dtype", "layers", "build_input_shape"},
    "Functional": {"name", "trainable", "dtype", "layers", "input_layers", "output_layers"},
}
COMPILE_KEYS = {
    "optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution",
    "jit_compile", "auto_scale_loss",
}  # fmt: skip
LAYER_PARTS = {
    "initializer": ("keras.initializers", names.INITIALIZERS),
    "regularizer": ("keras.regularizers", names.REGULARIZERS),
    "constraint": ("keras.constraints", names.CONSTRAINTS),
}
ALLOWED_FUNCTIONS = {
    "activation": ("keras.activations", frozenset[str](), names.ACTIVATION_FUNCTIONS),
    "loss": ("keras.losses", names.LOSSES, names.LOSS_FUNCTIONS),
    "metric": ("keras.metrics", names.METRICS, names.METRIC_FUNCTIONS),
}
USE_BUILT_IN_LAYERS = "build the model from Keras's built-in layers"
NO_STUDENT_CODE = "the trainer never runs a submission's own code; "
ValueCheck = Callable[[str, Any, str], None]  # key, value, and the object whose configuration has it


def check_config(architecture: dict[str, Any], compile_config: dict[str, Any]) -> None:
    """Checks a model's JSON (as `parse_model_json` gives it) and its compile configuration.

    Raises:
        OrderRefused: names the first object that can't be ordered and what to use instead.
    """
    walk = _ConfigChecker()
    module, kind, _ = _unpack_object(architecture, "the model")
    if (module, kind) not in names.MODELS:
        raise OrderRefused(
            f"the model is of the class {escape_name(kind)}", "use keras.Sequential or keras.Model(inputs, outputs)"
        )
    if (calls := walk.check_layer(architecture, 0)) > MAX_CALLS:
        raise OrderRefused(
            f"the model calls its layers {calls:,} times (at most {MAX_CALLS:,})", "make the model smaller"
        )
    walk.check_compile_config(compile_config)
    _check_numbers(count_numbers(architecture))


def _check_numbers(told: Told) -> None:
    """Raises: OrderRefused: more numbers than an honest model needs; fewer than these make no useful classifier."""
    if told.acting > MAX_ACTING or told.statistics > 2 * MAX_STATISTICS:
        number = max(told.acting, told.statistics)
        raise OrderRefused(f"the model's description holds {number:,} numbers that act on the images", NO_WEIGHTS)


class _ConfigChecker:
    """One walk over a model and its compile settings, with what it has counted so far."""

    def __init__(self) -> None:
        self.values = PlainValueChecker()
        self.layers = 0
        self.rebuilding = 0

    def check_layer(self, node: Any, depth: int) -> int:
        """Checks one layer, operation or model; returns how many calls of plain layers one call of it amounts to."""
        module, kind, config = _unpack_object(node, "a layer")
        # Counted across nested models, since each of them could hold as many again.
        self.layers += 1
        if self.layers > MAX_LAYERS:
            raise OrderRefused(f"the model has more than {MAX_LAYERS:,} layers", "make the model smaller")
        if depth > MAX_DEPTH:
            raise OrderRefused(f"models are nested more than {MAX_DEPTH} deep", "make the model simpler")
        if (module, kind) in names.MODELS:
            return self._check_model(kind, config, depth)
        place = f"the layer {escape_name(config.get('name'))} ({escape_name(kind)[1:-1]})"
        _require_known_layer(module, kind, place)
        # An unrolled layer has one copy of its step in the graph for each time step, which makes compiling slow.
        if config.get("unroll"):
            raise OrderRefused(f"{place} is unrolled", "leave unroll=True out: the result is the same")
        # What is remembered from the batch before could tell of its labels.
        if config.get("stateful"):
            raise OrderRefused(f"{place} carries its state from one batch to the next", "leave stateful=True out")
        self._check_build_shapes(node.get("build_config"), place)
        return LOOP_COSTS.get(kind, 1) + sum(
            self._check_layer_value(key, value, kind, place, depth) for key, value in config.items()
        )

    def check_compile_config(self, config: dict[str, Any]) -> None:
        """Checks what `get_compile_config()` gave."""
        for key, value in config.items():
            match key:
                case "optimizer":
                    self._check_object(
                        value, "keras.optimizers", names.OPTIMIZERS, "the optimizer", self._check_optimizer_value
                    )
                case "loss":
                    self._check_leaves(value, lambda leaf: self._check_function(leaf, "loss", "the loss"))
                case "metrics" | "weighted_metrics":
                    self._check_leaves(value, lambda leaf: self._check_function(leaf, "metric", "the metric"))
                case str() if key in COMPILE_KEYS:
                    self._check_leaves(value, lambda leaf: self.values.check_scalar(leaf, "an argument of compile()"))
                case _:
                    raise OrderRefused(f"compile() got the argument {escape_name(key)}", "leave it out")

    def _check_model(self, kind: str, config: dict[str, Any], depth: int) -> int:
        place = f"the model {escape_name(config.get('name'))}"
        # Anything that Keras does not write itself could reach a part of its deserialiser that nobody has looked at.
        if odd := config.keys() - MODEL_KEYS[kind]:
            raise OrderRefused(f"{place} has the unknown part {escape_name(min(odd))}", USE_BUILT_IN_LAYERS)
        if type(config.get("layers")) is not list:
            raise OrderRefused(f"{place} has no list of layers", USE_BUILT_IN_LAYERS)
        for key in ("name", "trainable", "build_input_shape"):
            self.values.entry(key, config.get(key), place)
        self.values.check_dtype(config.get("dtype"), place)
        costs = [self.check_layer(layer, depth + 1) for layer in config["layers"]]
        if kind == "Functional":
            times = check_graph(config, self.values.check_constant)
            return sum(cost * time for cost, time in zip(costs, times, strict=True))
        if depth > 0:  # Keras builds a nested sequence once for each of its layers
            self.rebuilding += len(costs) * sum(costs) // 2
        if self.rebuilding > MAX_NESTED_BUILDS:
            raise OrderRefused(f"{place} and its like have too many layers in a row", "put them into the outer model")
        return sum(costs)

    def _check_build_shapes(self, build_config: Any, place: str) -> None:
        """The shapes for which a layer was built, by argument."""
        shapes: Any = build_config.get("shapes_dict") if type(build_config) is dict and len(build_config) == 1 else {}
        if build_config is not None and (type(shapes) is not dict or not shapes):
            raise OrderRefused(
                f"{place} has saved shapes that are not in the form that Keras 3 writes", USE_BUILT_IN_LAYERS
            )
        for key, shape in shapes.items():
            self.values.entry(key, shape, place)

    def _check_layer_value(self, key: str, value: Any, kind: str, place: str, depth: int) -> int:
        """Checks one entry of a layer's config; returns the calls that a layer in it adds."""
        # Keras names parts by suffix (`kernel_initializer`, `recurrent_activation`), so one rule serves all layers.
        end = key.rpartition("_")[2]
        if key in ("layer", "backward_layer", "cell"):
            return 0 if value is None else self.check_layer(value, depth + 1)
        if key == "cells" and type(value) is list:
            return sum(self.check_layer(cell, depth + 1) for cell in value)
        if end == "activation" and type(value) is dict and value.get("module") == "keras.layers":
            return self._check_activation_layer(value, place, depth)
        if end == "activation":
            self._check_function(value, "activation", f"the activation of {place}")
        elif key == "dtype":
            self.values.check_dtype(value, place)
        elif key == "weights" and value is not None:
            raise OrderRefused(f"{place} is given weights", "training starts from fresh weights; leave them out")
        elif end in LAYER_PARTS:
            self._check_object(value, *LAYER_PARTS[end], f"the {end} of {place}", self.values.entry)
        else:
            statistics = kind == "Normalization" and key in ("mean", "variance")
            self.values.entry(key, value, place, MAX_STATISTICS if statistics else MAX_ITEMS)
        return 0

    def _check_activation_layer(self, value: dict[str, Any], place: str, depth: int) -> int:
        """A layer in the place of an activation: one that has no other use, so that no layer hides there."""
        if value.get("class_name") not in names.ACTIVATION_LAYERS:
            kind = escape_name(value.get("class_name"))
            raise OrderRefused(
                f"the activation of {place} is a layer of the class {kind}", "give the model that layer by itself"
            )
        return self.check_layer(value, depth + 1)

    def _check_function(self, value: Any, what: str, place: str) -> None:
        """An activation, loss or metric: a name, one of Keras's functions, or one of its objects."""
        module, classes, functions = ALLOWED_FUNCTIONS[what]
        # Keras writes a lambda as an object of this class that holds its compiled code.
        kind = value.get("class_name", "__lambda__") if type(value) is dict else None
        if kind == "__lambda__":
            raise OrderRefused(f"{place} is a lambda", f"{NO_STUDENT_CODE}use one of {module}")
        if kind != "function":
            return self._check_object(value, module, classes, place, self._check_metric_value)
        name = value.get("config")
        if value.get("module") != "builtins" or type(name) is not str or name not in functions:
            raise OrderRefused(
                f"{place} is the function {escape_name(name)}, not one of Keras's",
                f"{NO_STUDENT_CODE}use one of {module}",
            )
        return None

    def _check_object(self, value: Any, module: str, allowed: frozenset[str], place: str, check: ValueCheck) -> None:
        """One built-in object with a plain configuration; a text is one of Keras's own names for it."""
        if type(value) is not dict:
            return self.values.check_scalar(value, place)
        found, kind, config = _unpack_object(value, place)
        if found != module or kind not in allowed:
            raise OrderRefused(f"{place} is of the class {escape_name(kind)}", f"use one of {module}")
        # Constant also accepts an array, in which trained weights would fit.
        if kind == "Constant" and type(config.get("value")) not in (int, float):
            raise OrderRefused(f"{place} is a Constant of more than one number", "training starts from fresh weights; use another initializer")
        for key, item in config.items():
            if key == "inner_optimizer":
                self._check_object(item, module, allowed, f"the optimizer in {place}", check)
            elif key == "dtype":
                self.values.check_dtype(item, place)
            else:
                check(key, item, place)
        return None

    def _check_optimizer_value(self, key: str, value: Any, place: str) -> None:
        if type(value) is dict and key == "learning_rate":
            self._check_object(value, "keras.optimizers.schedules", names.SCHEDULES, "the schedule", self.values.entry)
        else:
            self.values.entry(key, value, place)

    def _check_metric_value(self, key: str, value: Any, place: str) -> None:
        """A metric reserves memory for each of its thresholds or classes."""
        if type(value) is int and value > MAX_THRESHOLDS:
            raise OrderRefused(
                f"{format_argument_place(key, place)} is {value:,} (at most {MAX_THRESHOLDS:,})", "use a smaller one"
            )
        self.values.entry(key, value, place)

    def _check_leaves(self, value: Any, check: Callable[[Any], None], depth: int = 0) -> None:
        """Lists and dictionaries (an entry per output of the model) of leaves."""
        plain = type(value) is dict and "class_name" not in value
        if not plain and type(value) is not list:
            return check(value)
        if depth > 2 or len(value) > MAX_ITEMS:
            raise OrderRefused("compile() was given lists that are too long or nested too deeply", "use shorter ones")
        for item in value.values() if plain else value:
            self._check_leaves(item, check, depth + 1)
        return None


def _unpack_object(node: Any, place: str) -> tuple[str, str, dict[str, Any]]:
    """The (module, class, config) of a serialised object, if nothing else is in it."""
    if type(node) is not dict:
        raise OrderRefused(f"{place} is {describe_value(node)}, not a Keras object", USE_BUILT_IN_LAYERS)
    module, kind, config = node.get("module"), node.get("class_name"), node.get("config")
    if type(module) is not str or type(kind) is not str or type(config) is not dict:
        raise OrderRefused(
            f"{place} is {describe_value(node)}, not a built-in Keras object", NO_STUDENT_CODE + USE_BUILT_IN_LAYERS
        )
    # A registered name makes Keras look for a custom class before its own.
    if node.get("registered_name") not in (None, kind):
        raise OrderRefused(
            f"{place} is {describe_value(node)}, a registered class of its own", NO_STUDENT_CODE + USE_BUILT_IN_LAYERS
        )
    if odd := node.keys() - OBJECT_KEYS:
        raise OrderRefused(
            f"{place} is {describe_value(node)} with the unknown part {escape_name(min(odd))}", USE_BUILT_IN_LAYERS
        )
    return module, kind, config


def _require_known_layer(module: str, kind: str, place: str) -> None:
    """Raises: OrderRefused: not a layer or operation that can be ordered; the reason depends on what it is."""
    if kind in (names.LAYERS if module == "keras.layers" else names.OPERATIONS.get(module, ())):
        return
    if kind == "Lambda":
        instead = "use Rescaling, Reshape or Activation, or change the data before fit()"
        raise OrderRefused(f"{place} contains code", instead)
    if kind in names.FOREIGN_LAYERS:
        raise OrderRefused(f"{place} contains a model from elsewhere", USE_BUILT_IN_LAYERS)
    if module == "keras.layers" or module.startswith("keras.src.ops."):
        raise OrderRefused(f"{place} can't be used here", "use Keras's layers for numbers and images")
    raise OrderRefused(f"{place} is not one of Keras's built-in layers", NO_STUDENT_CODE + USE_BUILT_IN_LAYERS)
