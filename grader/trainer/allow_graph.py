"""The graph of a Functional model: plain calls of layers on each other, every layer with a way to the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from grader.trainer.allow_json import Refused
from grader.trainer.allow_values import MAX_ITEMS, quoted

MAX_DEPTH = 4
MAX_INDEX = 10_000
Constant = Callable[[Any, str], None]


def check_graph(config: dict[str, Any], constant: Constant) -> list[int]:
    """Checks the calls of a Functional model's layers.

    Args:
        config: the model's config, whose layers were checked one by one.
        constant: checks a value in a call that isn't a tensor of the graph.

    Returns:
        How often each layer is called.

    Raises:
        Refused: a call or an output isn't in the form that Keras writes, or a layer has no way to the output.
    """
    sources: dict[str, set[str]] = {}
    for layer in config["layers"]:
        name, nodes = layer.get("name"), layer.get("inbound_nodes")
        if type(name) is not str or type(nodes) is not list or name in sources:
            raise Refused(f"the layer {quoted(name)} has no name or no calls of its own in the model", "give it a name")
        sources[name] = {source for node in nodes for source in _sources(node, f"a call of {quoted(name)}", constant)}
    ends = {*_ends(config.get("input_layers")), *_ends(config.get("output_layers"))}
    reached = _reach(ends, sources)
    for name in sources:
        if name not in reached:
            raise Refused(f"the layer {quoted(name)} has no way to the model's output", "leave it out")
    return [max(1, len(layer["inbound_nodes"])) for layer in config["layers"]]


def _reach(ends: set[str], sources: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(ends)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(sources.get(name, ()))
    return reached


def _sources(node: Any, place: str, constant: Constant) -> Iterator[str]:
    """The layers whose outputs a call takes."""
    parts = (type(node.get("args")), type(node.get("kwargs"))) if type(node) is dict else ()
    if parts != (list, dict) or len(node) != 2:
        raise Refused(f"{place} is not in the form that Keras 3 writes", "save nothing by hand; let Keras write it")
    for value in (*node["args"], *node["kwargs"].values()):
        yield from _tensors(value, place, constant)


def _tensors(value: Any, place: str, constant: Constant, depth: int = 0) -> Iterator[str]:
    if depth > MAX_DEPTH or (type(value) is list and len(value) > MAX_ITEMS):
        raise Refused(f"{place} has arguments that are too many or nested too deeply", "use fewer")
    if type(value) is dict and value.get("class_name") == "__keras_tensor__":
        yield _source(value, place)
    elif type(value) is list or (type(value) is dict and "class_name" not in value):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item, place, constant, depth + 1)
    else:
        constant(value, place)


def _source(value: dict[str, Any], place: str) -> str:
    """The layer that a tensor comes from; its shape and dtype are computed anew, what is written is only checked."""
    config = value.get("config")
    if type(config) is dict and config.keys() == {"shape", "dtype", "keras_history"}:
        shape = config["shape"]
        plain = type(shape) is list and all(item is None or type(item) is int for item in shape)
        if plain and len(shape) <= MAX_ITEMS and type(config["dtype"]) is str:
            return _origin(config["keras_history"])
    raise Refused(f"{place} takes a tensor that is not in the form that Keras 3 writes", "connect it to an Input")


def _origin(history: Any) -> str:
    """The layer in [layer, call, output]."""
    if type(history) is list and len(history) == 3 and type(history[0]) is str:
        if all(type(index) is int and 0 <= index < MAX_INDEX for index in history[1:]):
            return history[0]
    raise Refused("a tensor of the model comes from nowhere", "connect it to an Input")


def _ends(value: Any, depth: int = 0) -> Iterator[str]:
    """The layers in the (nested) inputs or outputs of a model."""
    if depth > MAX_DEPTH or type(value) not in (list, dict) or not value:
        raise Refused("the model's inputs or outputs are not in the form that Keras 3 writes", "use keras.Model")
    if type(value) is list and type(value[0]) is str:
        yield _origin(value)
        return
    for item in value.values() if type(value) is dict else value:
        yield from _ends(item, depth + 1)
