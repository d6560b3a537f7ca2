"""The graph of a Functional model: plain calls of layers on each other, every layer with a way to the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from grader.trainer.order.model_json import OrderRefused
from grader.trainer.order.values import MAX_ITEMS, escape_name

MAX_DEPTH = 4
MAX_CALL_INDEX = 10_000
MAX_OUT_OF_ORDER_LAYERS = 50
ConstantCheck = Callable[[Any, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphTensor:
    """One output of one call of one layer in a model."""

    layer: str
    call: int
    output: int


def check_graph(config: dict[str, Any], constant: ConstantCheck) -> list[int]:
    """Checks the calls of a Functional model's layers.

    Args:
        config: the model's config, whose layers were checked one by one.
        constant: checks a value in a call that isn't a tensor of the graph.

    Returns:
        How often each layer is called.

    Raises:
        OrderRefused: a call or an output isn't in the form that Keras writes, or a call has no way to the output.
    """
    calls: dict[str, list[list[GraphTensor]]] = {}
    for layer in config["layers"]:
        name, nodes = layer.get("name"), layer.get("inbound_nodes")
        own = layer["config"].get("name", name)
        # A name that occurs twice would hide one layer behind another in every table by name.
        if type(name) is not str or type(nodes) is not list or name in calls or own != name:
            raise OrderRefused(
                f"the layer {escape_name(name)} has no name or no calls of its own in the model", "give it a name"
            )
        calls[name] = [list(_iter_call_tensors(node, f"a call of {escape_name(name)}", constant)) for node in nodes]
    if _count_out_of_order_layers(calls) > MAX_OUT_OF_ORDER_LAYERS:
        raise OrderRefused(
            "the layers are not in the order in which Keras 3 writes them", "let Keras write the model down"
        )
    # A branch that leads nowhere would cost time, and count towards what an exercise asks for.
    reached = _find_reached_calls(
        [*list_model_ends(config, "input_layers"), *list_model_ends(config, "output_layers")], calls
    )
    for name, nodes in calls.items():
        if any((name, number) not in reached for number in range(max(1, len(nodes)))):
            raise OrderRefused(
                f"the layer {escape_name(name)} has a call with no way to the model's output", "leave it out"
            )
    # An InputLayer is never called, yet it is there once.
    return [max(1, len(nodes)) for nodes in calls.values()]


def list_model_ends(config: dict[str, Any], key: str) -> list[GraphTensor]:
    """The tensors that are a model's inputs or outputs, flat.

    Keras counts the calls of a nested Functional model from 1 here, and from 0 everywhere else.
    """
    nested = {layer["name"] for layer in config["layers"] if layer["class_name"] == "Functional"}
    found = list(_iter_model_ends(config.get(key)))
    return [replace(end, call=end.call - 1) if end.layer in nested else end for end in found]


def list_call_tensors(call: dict[str, Any]) -> list[GraphTensor]:
    """The tensors that a checked call takes, in order."""
    return list(_iter_call_tensors(call, "a call", lambda _value, _place: None))


def _count_out_of_order_layers(calls: dict[str, list[list[GraphTensor]]]) -> int:
    """How many layers take something from a later one: Keras goes through all layers again for each of them."""
    place = {name: number for number, name in enumerate(calls)}
    return sum(
        any(place.get(tensor.layer, 0) > place[name] for node in nodes for tensor in node)
        for name, nodes in calls.items()
    )


def _find_reached_calls(waiting: list[GraphTensor], calls: dict[str, list[list[GraphTensor]]]) -> set[tuple[str, int]]:
    """Every (layer, call) on a way to the tensors in `waiting`."""
    reached: set[tuple[str, int]] = set()
    while waiting:
        tensor = waiting.pop()
        nodes = calls.get(tensor.layer, [])
        if (tensor.layer, tensor.call) not in reached:
            reached.add((tensor.layer, tensor.call))
            waiting.extend(nodes[tensor.call] if 0 <= tensor.call < len(nodes) else [])
    return reached


def _iter_call_tensors(node: Any, place: str, constant: ConstantCheck) -> Iterator[GraphTensor]:
    """The tensors that a call takes."""
    parts = (type(node.get("args")), type(node.get("kwargs"))) if type(node) is dict else ()
    if parts != (list, dict) or len(node) != 2:
        raise OrderRefused(
            f"{place} is not in the form that Keras 3 writes", "save nothing by hand; let Keras write it"
        )
    for value in (*node["args"], *_list_items(node["kwargs"])):
        yield from _iter_tensors(value, place, constant)


def _iter_tensors(value: Any, place: str, constant: ConstantCheck, depth: int = 0) -> Iterator[GraphTensor]:
    if depth > MAX_DEPTH or (type(value) is list and len(value) > MAX_ITEMS):
        raise OrderRefused(f"{place} has arguments that are too many or nested too deeply", "use fewer")
    if type(value) is dict and value.get("class_name") == "__keras_tensor__":
        yield _parse_tensor(value, place)
    elif type(value) is list or (type(value) is dict and "class_name" not in value):
        for item in _list_items(value):
            yield from _iter_tensors(item, place, constant, depth + 1)
    else:
        constant(value, place)


def _parse_tensor(value: dict[str, Any], place: str) -> GraphTensor:
    """Where a tensor comes from; its shape and dtype are computed anew, what is written is only checked."""
    config = value.get("config")
    if type(config) is dict and config.keys() == {"shape", "dtype", "keras_history"}:
        shape = config["shape"]
        plain = type(shape) is list and all(item is None or type(item) is int for item in shape)
        if plain and len(shape) <= MAX_ITEMS and type(config["dtype"]) is str:
            return _parse_history(config["keras_history"])
    raise OrderRefused(f"{place} takes a tensor that is not in the form that Keras 3 writes", "connect it to an Input")


def _parse_history(history: Any) -> GraphTensor:
    """The tensor [layer, call, output]."""
    if type(history) is list and len(history) == 3 and type(history[0]) is str:
        if all(type(index) is int and 0 <= index < MAX_CALL_INDEX for index in history[1:]):
            return GraphTensor(layer=history[0], call=history[1], output=history[2])
    raise OrderRefused("a tensor of the model comes from nowhere", "connect it to an Input")


def _iter_model_ends(value: Any, depth: int = 0) -> Iterator[GraphTensor]:
    """The tensors in the (nested) inputs or outputs of a model."""
    if depth > MAX_DEPTH or type(value) not in (list, dict) or not value:
        raise OrderRefused("the model's inputs or outputs are not in the form that Keras 3 writes", "use keras.Model")
    if type(value) is list and type(value[0]) is str:
        yield _parse_history(value)
        return
    for item in _list_items(value):
        yield from _iter_model_ends(item, depth + 1)


def _list_items(value: list[Any] | dict[str, Any]) -> list[Any]:
    """The parts of a structure in the order in which Keras numbers them: a dictionary's by name, however it is written."""
    return [value[key] for key in sorted(value)] if isinstance(value, dict) else value
