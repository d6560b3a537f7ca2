"""The axis of the batch in a declared model: no layer or operation may lead from one example to another.

A model that looks at whole batches can read labels out of the order of the examples. This room looks at shapes; what
they can't show is found by trying each layer, and the model (`neighbours`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from grader.trainer.exhaustion import raise_if_exhausted
from grader.trainer.order.model_json import OrderRefused
from grader.trainer.order.values import escape_name

# Every usual group of examples divides it, so that an operation that forms groups shows them in its shape.
MARK = 2**9 * 3**2 * 5**3 * 7
# These keep the shape, whatever axis they go along.
ALONG_AXIS = frozenset(
    {"Flip", "Softmax", "LogSoftmax", "UnitNormalization", "LayerNormalization", "RMSNormalization", "GroupNormalization",
     "BatchNormalization"}
)  # fmt: skip
INSTEAD = "let every layer and operation keep the first axis as it is; it counts the examples of a batch"


def check_examples_apart(model: keras.Model) -> None:
    """Follows a batch of a telling size through a model, shape by shape.

    Args:
        model: built, with weights or without.

    Raises:
        OrderRefused: names the first layer or operation that takes something from one example to another.
    """
    inputs = [keras.KerasTensor((MARK, *tensor.shape[1:]), dtype=tensor.dtype) for tensor in model.inputs]
    given = keras.tree.pack_sequence_as(model._inputs_struct, inputs) if len(inputs) > 1 else inputs[0]
    follow_graph(model, _look_at_shapes)(given)


def follow_graph(operation: Any, look: Callable[[Any], Callable[..., Any]]) -> Callable[..., Any]:
    """Returns a function that goes through a model, and each model in it, with what `look` gives for a layer or operation."""
    # A built Sequential model holds a Functional one, whose graph can be followed; before that it has only a list.
    if isinstance(operation, keras.Sequential):
        operation = operation._functional or operation
    if isinstance(operation, keras.Sequential):
        return lambda inputs, **_: _go_through(operation.layers, inputs, look)
    if hasattr(operation, "_run_through_graph"):
        return lambda inputs, **_: operation._run_through_graph(
            inputs, operation_fn=lambda each: follow_graph(each, look)
        )
    return look(operation)


def _go_through(layers: list[Any], inputs: Any, look: Callable[[Any], Callable[..., Any]]) -> Any:
    for layer in layers:
        inputs = follow_graph(layer, look)(inputs)
    return inputs


def _look_at_shapes(operation: Any) -> Callable[..., Any]:
    """Returns a function that computes and checks the output shapes of a layer or an operation."""

    def looked_at(*args: Any, **kwargs: Any) -> Any:
        given = [each for each in keras.tree.flatten((args, kwargs)) if isinstance(each, keras.KerasTensor)]
        # Its own output shape says nothing about what the layer in it does to the batch axis.
        if isinstance(operation, keras.layers.TimeDistributed) and given:
            follow_graph(operation.layer, _look_at_shapes)(
                keras.KerasTensor((MARK, *given[0].shape[2:]), dtype=given[0].dtype)
            )
        if _goes_along_batch(operation, given, args):
            raise refuse_mixing(operation)
        try:
            outputs = operation.compute_output_spec(*args, **kwargs)
        except Exception as error:  # it has sizes that fit the shape of one batch only
            raise_if_exhausted(error)
            raise refuse_mixing(operation) from error
        if not all(_keeps_batch(tensor.shape) for tensor in keras.tree.flatten(outputs)):
            raise refuse_mixing(operation)
        return outputs

    return looked_at


def _keeps_batch(shape: tuple[int | None, ...]) -> bool:
    """Whether the examples lie along the first axis, and along no other."""
    # Another axis that MARK divides means that the batch was folded into it, as a reshape or a transpose can.
    return bool(shape) and shape[0] == MARK and not any(side and side % MARK == 0 for side in shape[1:])


def _goes_along_batch(operation: Any, given: list[Any], args: tuple[Any, ...]) -> bool:
    """Whether an operation that keeps every shape works along the first axis."""
    kind, rank = type(operation).__name__, len(given[0].shape) if given else 0
    # A negative step reverses the batch and keeps its shape; all else that an index does to it shows in the shape.
    if kind == "GetItem" and len(args) > 1:
        first = args[1][0] if isinstance(args[1], tuple) and args[1] else args[1]
        return isinstance(first, slice) and first.step not in (None, 1)
    if kind == "MultiHeadAttention":
        return 0 in (operation._attention_axes or ())
    # A softmax works along the last axis, which is the batch where there is no other.
    if kind == "Activation":
        return rank == 1
    if kind not in ALONG_AXIS:
        return False
    axis = getattr(operation, "axis", -1)
    axes = range(rank) if axis is None else axis if isinstance(axis, (list, tuple)) else [axis]
    return any(each % max(rank, 1) == 0 for each in axes)


def _named(operation: Any) -> str:
    return f"the layer {escape_name(operation.name)} ({escape_name(type(operation).__name__)[1:-1]})"


def refuse_mixing(operation: Any) -> OrderRefused:
    """The refusal of a layer or operation that leads from one example to another."""
    return OrderRefused(f"{_named(operation)} leads from one example of a batch to another", INSTEAD)
