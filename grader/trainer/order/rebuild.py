"""A declared model, rebuilt from its checked configuration: once to look at it without reserving memory, once to train."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

import keras
from msgspec import structs

from grader.protocol.orders import DEFAULT_BATCH
from grader.records.run import Architecture, ModelLayer
from grader.trainer.exhaustion import raise_if_exhausted
from grader.trainer.order.allowed_names import MODEL_KINDS
from grader.trainer.order.batch_axis import check_examples_apart
from grader.trainer.order.checking import OrderRefused, check_config, parse_model_json
from grader.trainer.order.layers import add_layer_sources, list_layers, replace_normalization
from grader.trainer.order.log_keys import find_accuracy_key, list_log_keys, read_compile_settings
from grader.trainer.order.model_size import PASSES_PER_STEP, LayerCall, count_products, iter_calls
from grader.trainer.order.values import escape_name

# Weight, gradient and the two moments of Adam, as float32.
BYTES_PER_TRAINED_WEIGHT = 16
BYTES_PER_VALUE = 4
MAX_REASON_CHARS = 2000


class KerasRejected(Exception):
    """Keras itself raised on what was ordered; the text is Keras's."""


def inspect_order(
    architecture_json: str,
    compile_config: dict[str, Any],
    input_shapes: Sequence[tuple[int | None, ...]],
    memory_limit: int,
    *,
    batch_size: int | None = None,
    label_shape: tuple[int, ...] | None = None,
    weighted: bool = True,
    most_products: float = math.inf,
) -> Architecture:
    """Looks at an order: checks it, then rebuilds the model symbolically, so that no weight is ever allocated.

    Args:
        architecture_json: what `model.to_json()` gave.
        compile_config: what `model.get_compile_config()` gave.
        input_shapes: shapes of the arrays that will be fed, batch axis first; build a model without an Input.
        memory_limit: bytes that weights, gradients, optimizer and one batch's outputs may take.
        batch_size: examples per batch; None is Keras's default.
        label_shape: shape of the labels, which decides what a metric on them means.
        weighted: whether examples may count more or less in weighted metrics.
        most_products: multiplications that one step of the training may take.

    Raises:
        OrderRefused: an object that can't be ordered, or a model that is too large.
        KerasRejected: Keras can't build or compile it.
    """
    architecture = _parse_checked_order(architecture_json, compile_config)
    try:
        model = _build_symbolic_model(architecture, input_shapes)
        model.compile(**keras.saving.deserialize_keras_object(_build_compile_arguments(compile_config)))
        found = _describe_model(architecture, compile_config, model)
        shapes = _list_score_shapes(model, architecture)
        accuracy_key = find_accuracy_key(compile_config, shapes, label_shape, weighted=weighted)
        # A model may declare images of any size, so memory and work follow from those that will be fed.
        full = _build_at_fed_size(architecture, model, input_shapes)
        check_examples_apart(full)
        calls = list(iter_calls(architecture, full))
    except OrderRefused:
        raise
    except Exception as error:
        raise_if_exhausted(error)
        raise KerasRejected(_shorten_keras_error(error)) from error
    finally:
        # Keras remembers variables that wait for their values; without this, the next model would allocate them.
        keras.utils.clear_session(free_memory=False)
    _check_weights(model, found.layers, memory_limit)
    _check_outputs(calls, memory_limit, batch_size or DEFAULT_BATCH)
    _check_work(PASSES_PER_STEP * count_products(calls) * (batch_size or DEFAULT_BATCH), most_products)
    return structs.replace(found, accuracy_key=accuracy_key, products=count_products(calls))


def _describe_model(architecture: dict[str, Any], compile_config: dict[str, Any], model: keras.Model) -> Architecture:
    """All but its accuracy's key, which depends on the labels, too."""
    return Architecture(
        layers=add_layer_sources(list_layers(architecture, model), architecture),
        parameters=model.count_params(),
        compile=read_compile_settings(compile_config),
        log_keys=list_log_keys(compile_config, getattr(model, "output_names", [""])),
        inputs=[list(tensor.shape) for tensor in model.inputs],
    )


def _list_score_shapes(model: keras.Model, architecture: dict[str, Any]) -> list[tuple[int | None, ...]]:
    """The shapes of a model's outputs; none where one of them isn't of a floating type, or may carry a mask."""
    floating = all(keras.backend.is_float_dtype(output.dtype) for output in model.outputs)
    # A mask leaves examples out of the accuracy that Keras logs, so that figure is no share of all.
    masked = has_masking_layer(architecture) and (
        has_nested_model(architecture)
        or any(getattr(output, "_keras_mask", None) is not None for output in model.outputs)
    )
    return [tuple(output.shape) for output in model.outputs] if floating and not masked else []


def _build_symbolic_model(architecture: dict[str, Any], input_shapes: Sequence[tuple[int | None, ...]]) -> keras.Model:
    """The model without memory for its weights."""
    # In this scope a variable has a shape and no value, so a model of any size can be looked at.
    with keras.StatelessScope(initialize_variables=False):
        model = _rebuild_object(replace_normalization(architecture))
        if not model.built and len(input_shapes) == 1:
            model.build((None, *input_shapes[0][1:]))
    return model


def _build_at_fed_size(
    architecture: dict[str, Any], model: keras.Model, input_shapes: Sequence[tuple[int | None, ...]]
) -> keras.Model:
    """The same for images of the size that will be fed, where the model takes any size."""
    declared = [tensor.shape for tensor in model.inputs]
    if len(declared) != 1 or None not in declared[0][1:] or [len(declared[0])] != [len(fed) for fed in input_shapes]:
        return model
    fed = [None, *input_shapes[0][1:]]
    layers = [
        {**layer, "config": {**layer["config"], "batch_shape": fed}} if layer["class_name"] == "InputLayer" else layer
        for layer in architecture["config"]["layers"]
    ]
    return _build_symbolic_model({**architecture, "config": {**architecture["config"], "layers": layers}}, input_shapes)


def build_model(architecture_json: str, compile_config: dict[str, Any]) -> keras.Model:
    """The model, fresh and compiled, ready for `fit`.

    It is built as `keras.models.model_from_json` and `compile_from_config` would, except that it is never run eagerly
    and that the backend alone chooses whether to compile just in time, which takes minutes for a model of many layers.

    Raises:
        OrderRefused: an object that can't be ordered.
        KerasRejected: Keras can't build or compile it.
    """
    architecture = _parse_checked_order(architecture_json, compile_config)
    try:
        model = _rebuild_object(architecture)
        model.compile_from_config(_build_compile_arguments(compile_config))
    except Exception as error:
        raise_if_exhausted(error)
        raise KerasRejected(_shorten_keras_error(error)) from error
    return model


def build_fresh(architecture: dict[str, Any]) -> keras.Model:
    """A model of a checked configuration to look at, not compiled; Sequential models without an input are built later."""
    return _rebuild_object(architecture)


def _parse_checked_order(architecture_json: str, compile_config: dict[str, Any]) -> dict[str, Any]:
    architecture = parse_model_json(architecture_json)
    check_config(architecture, compile_config)
    if not compile_config.get("optimizer"):
        raise KerasRejected("You must call `compile()` before calling `fit()`.")
    return architecture


def _rebuild_object(node: dict[str, Any]) -> Any:
    """The model or layer of a configuration; only what `check_config` has accepted may come here.

    Keras brings a Sequential model back by building it again for each of its layers; given all at once, it builds once.
    """
    if node["class_name"] == "Sequential":
        return keras.Sequential(
            [_rebuild_object(layer) for layer in node["config"]["layers"]], name=node["config"].get("name")
        )
    # A copy, since some of Keras's `from_config` methods change what they are given.
    return keras.saving.deserialize_keras_object(copy.deepcopy(node), safe_mode=True)


def _build_compile_arguments(compile_config: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy({**compile_config, "run_eagerly": False, "jit_compile": "auto"})


def _check_weights(model: keras.Model, layers: list[ModelLayer], memory_limit: int) -> None:
    """Raises: OrderRefused: weights, gradients and Adam's averages would take more than `memory_limit` bytes."""
    trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    fixed = sum(math.prod(weight.shape) for weight in model.non_trainable_weights)
    size = trained * BYTES_PER_TRAINED_WEIGHT + fixed * BYTES_PER_VALUE
    if size > memory_limit:
        largest = max((layer.parameters, layer.name) for layer in layers) if layers else (0, "")
        raise OrderRefused(
            f"the model has {trained + fixed:,} weights ({escape_name(largest[1])} alone {largest[0]:,}); training them takes "
            f"about {_format_bytes(size)}, and {_format_bytes(memory_limit)} are allowed",
            "use fewer units or filters, or shrink the images with MaxPooling2D before the first Dense layer",
        )


def _check_outputs(calls: list[LayerCall], memory_limit: int, batch_size: int) -> None:
    """Raises: OrderRefused: what the layers put out for one batch, and its gradients, would take more than allowed."""
    sizes = {call.name: 0 for call in calls}
    for call in calls:
        sizes[call.name] += call.count_numbers(batch_size)
    size = 2 * BYTES_PER_VALUE * sum(sizes.values())
    if size > memory_limit:
        largest = max(sizes, key=lambda name: sizes[name])
        raise OrderRefused(
            f"one batch of {batch_size:,} examples takes about {_format_bytes(size)} on its way through the layers (most of it in "
            f"{escape_name(largest)}), and {_format_bytes(memory_limit)} are allowed",
            "use a smaller batch_size, fewer filters or smaller images",
        )


def _check_work(products: int, most: float) -> None:
    """Raises: OrderRefused: a single step would take minutes, during which the training can't be stopped."""
    if products > most:
        raise OrderRefused(
            f"one step of this training takes about {products / 1e9:,.0f} billion multiplications, and "
            f"{most / 1e9:,.0f} billion are allowed here",
            "use a smaller batch_size, fewer filters or units, or smaller images",
        )


def _format_bytes(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def _shorten_keras_error(error: Exception) -> str:
    """Keras's own message, without the configuration that it wraps around it."""
    text = str(error).rpartition("Exception encountered: ")[2].strip() or type(error).__name__
    return text[:MAX_REASON_CHARS]


def has_masking_layer(architecture: Any) -> bool:
    """Whether any layer of a checked configuration makes a mask.

    >>> has_masking_layer({"class_name": "Sequential", "config": {"layers": [{"class_name": "Masking", "config": {}}]}})
    True
    """
    return any(
        node["class_name"] == "Masking" or (node["class_name"] == "Embedding" and node["config"].get("mask_zero"))
        for node in _collect_objects(architecture)
    )


def has_nested_model(architecture: Any) -> bool:
    """Whether there is a model within the model, whose masks show in none of its symbolic outputs."""
    return sum(node["class_name"] in MODEL_KINDS for node in _collect_objects(architecture)) > 1


def _collect_objects(tree: Any) -> list[dict[str, Any]]:
    """Every object that a configuration holds, at any depth."""
    inner = tree if isinstance(tree, list) else list(tree.values()) if isinstance(tree, dict) else []
    found = [node for item in inner for node in _collect_objects(item)]
    own = isinstance(tree, dict) and isinstance(tree.get("class_name"), str) and isinstance(tree.get("config"), dict)
    return [tree, *found] if own else found
