"""The graph of a Functional model: plain calls of layers on each other, every layer with a way to the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from grader.trainer.allow_json import Refused
from grader.trainer.allow_values import MAX_ITEMS, quoted

MAX_DEPTH = 4
MAX_INDEX = 10_000
MAX_DISORDER = 50
Constant = Callable[[Any, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One output of one call of one layer in a model."""

    layer: str
    call: int
    output: int


def check_graph(config: dict[str, Any], constant: Constant) -> list[int]:
    """Checks the calls of a Functional model's layers.

    Args:
        config: the model's config, whose layers were checked one by one.
        constant: checks a value in a call that isn't a tensor of the graph.

    Returns:
        How often each layer is called.

    Raises:
        Refused: a call or an output isn't in the form that Keras writes, or a call has no way to the output.
    """
    calls: dict[str, list[list[Tensor]]] = {}
    for layer in config["layers"]:
        name, nodes = layer.get("name"), layer.get("inbound_nodes")
        own = layer["config"].get("name", name)
        if type(name) is not str or type(nodes) is not list or name in calls or own != name:
            raise Refused(f"the layer {quoted(name)} has no name or no calls of its own in the model", "give it a name")
        calls[name] = [list(_sources(node, f"a call of {quoted(name)}", constant)) for node in nodes]
    if _disorder(calls) > MAX_DISORDER:
        raise Refused("the layers are not in the order in which Keras 3 writes them", "let Keras write the model down")
    reached = _reach([*ends(config, "input_layers"), *ends(config, "output_layers")], calls)
    for name, nodes in calls.items():
        if any((name, number) not in reached for number in range(max(1, len(nodes)))):
            raise Refused(f"the layer {quoted(name)} has a call with no way to the model's output", "leave it out")
    return [max(1, len(nodes)) for nodes in calls.values()]


def ends(config: dict[str, Any], key: str) -> list[Tensor]:
    """The tensors that are a model's inputs or outputs, flat.

    Keras counts the calls of a nested Functional model from 1 here, and from 0 everywhere else.
    """
    nested = {layer["name"] for layer in config["layers"] if layer["class_name"] == "Functional"}
    found = list(_ends(config.get(key)))
    return [replace(end, call=end.call - 1) if end.layer in nested else end for end in found]


def tensors(call: dict[str, Any]) -> list[Tensor]:
    """The tensors that a checked call takes, in order."""
    return list(_sources(call, "a call", lambda _value, _place: None))


def _disorder(calls: dict[str, list[list[Tensor]]]) -> int:
    """How many layers take something from a later one: Keras goes through all layers again for each of them."""
    place = {name: number for number, name in enumerate(calls)}
    return sum(
        any(place.get(tensor.layer, 0) > place[name] for node in nodes for tensor in node)
        for name, nodes in calls.items()
    )


def _reach(waiting: list[Tensor], calls: dict[str, list[list[Tensor]]]) -> set[tuple[str, int]]:
    """Every (layer, call) on a way to the tensors in `waiting`."""
    reached: set[tuple[str, int]] = set()
    while waiting:
        tensor = waiting.pop()
        nodes = calls.get(tensor.layer, [])
        if (tensor.layer, tensor.call) not in reached:
            reached.add((tensor.layer, tensor.call))
            waiting.extend(nodes[tensor.call] if 0 <= tensor.call < len(nodes) else [])
    return reached


def _sources(node: Any, place: str, constant: Constant) -> Iterator[Tensor]:
    """The tensors that a call takes."""
    parts = (type(node.get("args")), type(node.get("kwargs"))) if type(node) is dict else ()
    if parts != (list, dict) or len(node) != 2:
        raise Refused(f"{place} is not in the form that Keras 3 writes", "save nothing by hand; let Keras write it")
    for value in (*node["args"], *node["kwargs"].values()):
        yield from _tensors(value, place, constant)


def _tensors(value: Any, place: str, constant: Constant, depth: int = 0) -> Iterator[Tensor]:
    if depth > MAX_DEPTH or (type(value) is list and len(value) > MAX_ITEMS):
        raise Refused(f"{place} has arguments that are too many or nested too deeply", "use fewer")
    if type(value) is dict and value.get("class_name") == "__keras_tensor__":
        yield _source(value, place)
    elif type(value) is list or (type(value) is dict and "class_name" not in value):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item, place, constant, depth + 1)
    else:
        constant(value, place)


def _source(value: dict[str, Any], place: str) -> Tensor:
    """Where a tensor comes from; its shape and dtype are computed anew, what is written is only checked."""
    config = value.get("config")
    if type(config) is dict and config.keys() == {"shape", "dtype", "keras_history"}:
        shape = config["shape"]
        plain = type(shape) is list and all(item is None or type(item) is int for item in shape)
        if plain and len(shape) <= MAX_ITEMS and type(config["dtype"]) is str:
            return _origin(config["keras_history"])
    raise Refused(f"{place} takes a tensor that is not in the form that Keras 3 writes", "connect it to an Input")


def _origin(history: Any) -> Tensor:
    """The tensor [layer, call, output]."""
    if type(history) is list and len(history) == 3 and type(history[0]) is str:
        if all(type(index) is int and 0 <= index < MAX_INDEX for index in history[1:]):
            return Tensor(layer=history[0], call=history[1], output=history[2])
    raise Refused("a tensor of the model comes from nowhere", "connect it to an Input")


def _ends(value: Any, depth: int = 0) -> Iterator[Tensor]:
    """The tensors in the (nested) inputs or outputs of a model."""
    if depth > MAX_DEPTH or type(value) not in (list, dict) or not value:
        raise Refused("the model's inputs or outputs are not in the form that Keras 3 writes", "use keras.Model")
    if type(value) is list and type(value[0]) is str:
        yield _origin(value)
        return
    for item in value.values() if type(value) is dict else value:
        yield from _ends(item, depth + 1)
