"""Which layer takes what from which: the links of a declared model, those of nested models among its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from grader.run import Layer
from grader.trainer.allow_graph import Tensor, ends, tensors
from grader.trainer.allow_names import MODEL_KINDS

ROUNDS = 60  # one for each layer that Keras may write after one that takes something from it, and some more
Config = dict[str, Any]
Names = frozenset[str]


def linked(layers: Sequence[Layer], architecture: Config) -> list[Layer]:
    """The layers with the names of what each takes its input from.

    Args:
        layers: as `rebuild_layers.list_layers` gives them.
        architecture: the checked configuration that they come from.
    """
    sources: dict[str, set[str]] = {}
    _links(architecture, [frozenset()], sources)
    return [structs.replace(layer, sources=sorted(sources.get(layer.name, ()))) for layer in layers]


def _links(node: Config, given: list[Names], sources: dict[str, set[str]]) -> list[Names]:
    """Adds the links inside a model; returns the layers that each of its outputs comes from.

    Args:
        given: the layers that each of its inputs comes from.
    """
    if node["class_name"] == "Sequential":
        return [_chain(node["config"]["layers"], given[0] if given else frozenset(), sources)]
    return _graph(node["config"], given, sources)


def _chain(nodes: list[Config], before: Names, sources: dict[str, set[str]]) -> Names:
    """Through a Sequential model; its input is no layer to take from, since Keras adds it when the model is built."""
    for node in nodes:
        if node["class_name"] != "InputLayer":
            before = _call(node, [before], sources)[0]
    return before


def _call(node: Config, given: list[Names], sources: dict[str, set[str]]) -> list[Names]:
    """One call of a layer or a nested model."""
    if node["class_name"] in MODEL_KINDS:
        return _links(node, given, sources)
    name = str(node["config"].get("name"))
    sources.setdefault(name, set()).update(*given)
    return [frozenset({name})]


def _graph(config: Config, given: list[Names], sources: dict[str, set[str]]) -> list[Names]:
    made: dict[tuple[str, int], list[Names]] = {}
    for place, tensor in enumerate(ends(config, "input_layers")):
        own = frozenset({tensor.layer})
        made[tensor.layer, tensor.call] = [given[place] or own if place < len(given) else own]
    waiting = [(node, call) for node in config["layers"] for call in range(len(node["inbound_nodes"]))]
    for _ in range(ROUNDS):
        left = []
        for node, call in waiting:
            taken = tensors(node["inbound_nodes"][call])
            if all((tensor.layer, tensor.call) in made for tensor in taken):
                made[node["name"], call] = _call(node, [_of(tensor, made) for tensor in taken], sources)
            else:
                left.append((node, call))
        if not left:
            break
        waiting = left
    return [_of(tensor, made) for tensor in ends(config, "output_layers")]


def _of(tensor: Tensor, made: dict[tuple[str, int], list[Names]]) -> Names:
    """The layers that a tensor comes from; a layer with several outputs is one."""
    outputs = made.get((tensor.layer, tensor.call), [frozenset()])
    return outputs[min(tensor.output, len(outputs) - 1)]
