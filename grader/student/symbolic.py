"""Lets TensorFlow's functions take Keras's symbolic tensors where `keras.ops` has the same operation, in this process."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.util import dispatch

from grader.student.dialect import resolve_name

Remark = Callable[[str], None]
# By TensorFlow's name: the name in `keras.ops`, and what the arguments are called there. An argument that isn't listed
# must have its default.
OPERATIONS = MappingProxyType({
    "reshape": ("reshape", {"tensor": "x", "shape": "newshape"}),
    "expand_dims": ("expand_dims", {"input": "x", "axis": "axis"}),
    "squeeze": ("squeeze", {"input": "x", "axis": "axis"}),
    "transpose": ("transpose", {"a": "x", "perm": "axes"}),
    "reverse": ("flip", {"tensor": "x", "axis": "axis"}),
    "concat": ("concatenate", {"values": "xs", "axis": "axis"}),
    "stack": ("stack", {"values": "x", "axis": "axis"}),
    "cast": ("cast", {"x": "x", "dtype": "dtype"}),
    "shape": ("shape", {"input": "x"}),
    "clip_by_value": ("clip", {"t": "x", "clip_value_min": "x_min", "clip_value_max": "x_max"}),
    "matmul": ("matmul", {"a": "x1", "b": "x2"}),
    "pow": ("power", {"x": "x1", "y": "x2"}),
    **{f"reduce_{name}": (name, {"input_tensor": "x", "axis": "axis", "keepdims": "keepdims"}) for name in ("mean", "sum", "max", "min")},
    **{name: (name, {"x": "x1", "y": "x2"}) for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum")},
    **{name: (name, {"x": "x"}) for name in ("abs", "negative", "square", "sqrt", "exp", "sigmoid", "tanh")},
    "math.log": ("log", {"x": "x"}),
    **{f"nn.{name}": (name, {"features": "x"}) for name in ("relu", "relu6", "elu", "selu", "silu", "softplus", "softsign")},
    **{f"nn.{name}": (name, {"logits": "x", "axis": "axis"}) for name in ("softmax", "log_softmax")},
    "nn.leaky_relu": ("leaky_relu", {"features": "x", "alpha": "negative_slope"}),
    "nn.gelu": ("gelu", {"features": "x", "approximate": "approximate"}),
})  # fmt: skip
# What leaves a tensor as it is.
UNCHANGED = ("identity", "convert_to_tensor", "ensure_shape")
# What layers do instead, where `keras.ops` has nothing of the kind that can be ordered.
LAYERS = MappingProxyType({
    "image.resize": "the layer `keras.layers.Resizing(height, width)`",
    "image.grayscale_to_rgb": "`keras.ops.concatenate([x, x, x], axis=-1)`",
    "image.random_flip_left_right": 'the layer `keras.layers.RandomFlip("horizontal")`',
    "nn.dropout": "the layer `keras.layers.Dropout(rate)`",
    "nn.conv2d": "the layer `keras.layers.Conv2D`", "nn.max_pool2d": "the layer `keras.layers.MaxPooling2D`",
    "nn.max_pool": "the layer `keras.layers.MaxPooling2D`", "nn.avg_pool2d": "the layer `keras.layers.AveragePooling2D`",
    "image.per_image_standardization": "`keras.layers.Rescaling` or `keras.layers.LayerNormalization`",
    "pad": "the layer `keras.layers.ZeroPadding2D`",
})  # fmt: skip
WAY_OUT = (
    "Keras's symbolic tensors (what `Input` and layers give) take Keras's operations: write {better}; for a new axis "
    "`keras.ops.expand_dims(x, -1)` or the layer `keras.layers.Reshape`."
)
NAMED_MODULES = ("", "nn", "math", "image", "linalg", "random", "strings", "signal")


class NotSymbolic(ValueError):
    """A function of TensorFlow's that can't take a symbolic tensor."""

    def __init__(self, name: str) -> None:
        super().__init__(f"`tf.{name}` can't take one of Keras's symbolic tensors")
        self.add_note(WAY_OUT.format(better=LAYERS.get(name, "a function of `keras.ops` or a layer")))


class SymbolicDispatcher(dispatch.GlobalOpDispatcher):  # type: ignore[misc]
    """Answers calls of TensorFlow's functions that failed because of a symbolic tensor.

    Args:
        is_quiet: whether TensorFlow's function would work here in plain Keras, so that no remark is due.
    """

    def __init__(self, remark: Remark, is_quiet: Callable[[], bool]) -> None:
        self.remark, self.is_quiet = remark, is_quiet
        self.known = {inspect.unwrap(resolve_name(tf, name)): name for name in (*OPERATIONS, *UNCHANGED)}

    def handle(self, op: Any, args: Any, kwargs: Any) -> Any:
        if not any(isinstance(part, keras.KerasTensor) for part in keras.tree.flatten((args, kwargs))):
            return self.NOT_SUPPORTED
        name = self.known.get(inspect.unwrap(op))
        try:
            bound = inspect.signature(op).bind(*args, **kwargs)
        except (TypeError, ValueError):
            return self.NOT_SUPPORTED
        bound.apply_defaults()
        result = _apply(name, dict(bound.arguments), op) if name else self.NOT_SUPPORTED
        if result is self.NOT_SUPPORTED:
            raise NotSymbolic(name or _find_name(op))
        if name is not None and not self.is_quiet():
            better = f"keras.ops.{OPERATIONS[name][0]}" if name in OPERATIONS else "the tensor itself"
            self.remark(
                f"`tf.{name}` can't take one of Keras's symbolic tensors in Keras 3; `{better}` was used, write that"
            )
        return result


def _apply(name: str, arguments: dict[str, Any], op: Any) -> Any:
    """The same operation of `keras.ops`; NOT_SUPPORTED where an argument has no counterpart."""
    arguments.pop("name", None)
    if name in UNCHANGED:
        return _keep(arguments)
    target, renamed = OPERATIONS[name]
    defaults = {key: each.default for key, each in inspect.signature(op).parameters.items()}
    if any(key not in renamed and value != defaults[key] for key, value in arguments.items()):
        return SymbolicDispatcher.NOT_SUPPORTED
    given = {renamed[key]: _to_plain(value) for key, value in arguments.items() if key in renamed}
    if target in ("softmax", "log_softmax") and given.get("axis") is None:
        given["axis"] = -1
    return getattr(keras.ops, target)(**given)


def _keep(arguments: dict[str, Any]) -> Any:
    tensor = next(value for value in arguments.values() if isinstance(value, keras.KerasTensor))
    dtype = arguments.get("dtype")
    return tensor if dtype is None else keras.ops.cast(tensor, tf.as_dtype(dtype).name)


def _to_plain(value: Any) -> Any:
    """A TensorFlow dtype or shape in the form that `keras.ops` takes."""
    if isinstance(value, tf.DType):
        return value.name
    if isinstance(value, tf.TensorShape):
        return tuple(value.as_list())
    return value


def _find_name(op: Any) -> str:
    """The name under which TensorFlow exports a function."""
    for module in NAMED_MODULES:
        for name, value in list(vars(resolve_name(tf, module)).items()):
            if callable(value) and not name.startswith("_") and inspect.unwrap(value) is inspect.unwrap(op):
                return f"{module}.{name}" if module else name
    return str(getattr(op, "__name__", "function")).removesuffix("_v2")


def fill_shape(shape: Iterable[Any], source: tuple[int | None, ...]) -> tuple[Any, ...]:
    """A new shape in which the unknown size of the batch, as `keras.ops.shape` gives it, is left to Keras.

    >>> fill_shape((None, -1), (None, 28, 28))
    (-1, 784)
    """
    sizes = tuple(shape)
    known = [size for size in source[1:] if size is not None]
    if None not in sizes or sizes[0] is not None or len(known) != len(source) - 1:
        return sizes
    left = math.prod(known) // max(1, math.prod(size for size in sizes[1:] if size != -1))
    return (-1, *(left if size == -1 else size for size in sizes[1:]))


def install_symbolic(remark: Remark, is_quiet: Callable[[], bool]) -> None:
    """Registers the dispatcher, in this process."""
    SymbolicDispatcher(remark, is_quiet).register()
    plain = keras.ops.reshape

    @functools.wraps(plain)
    def reshape(x: Any, newshape: Any) -> Any:
        symbolic = isinstance(x, keras.KerasTensor) and isinstance(newshape, (tuple, list))
        return plain(x, fill_shape(newshape, x.shape) if symbolic else newshape)

    keras.ops.reshape = tf.keras.ops.reshape = reshape
