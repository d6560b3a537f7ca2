"""The layers of a rebuilt model in one flat table: all that have a way to the output.

Nested models are flattened, wrappers looked through, a shared layer counted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
from msgspec import structs

from grader.run import Layer
from grader.trainer.allow_graph import Tensor, ends, tensors
from grader.trainer.allow_names import MODEL_KINDS
from grader.trainer.rebuild_silence import kind_of, silences

Config = dict[str, Any]
# Whether a call of a layer, with these arguments, lets nothing of its input through.
Cut = Callable[[Config, list[Any]], bool]
WRAPPERS = ("Bidirectional", "TimeDistributed")
SHOWN = (
    "units", "filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "depth_multiplier", "pool_size",
    "rate", "target_shape", "input_dim", "output_dim", "return_sequences", "axis", "scale", "offset", "size", "factor",
    "height", "width", "num_heads", "key_dim", "use_bias", "trainable", "n", "dims",
)  # fmt: skip


def stand_in(node: Any) -> Any:
    """The configuration with Normalization replaced by Identity of the same shape.

    Normalization alone computes with arrays of its input's size while it is built, before the size could be checked.
    """
    if isinstance(node, list):
        return [stand_in(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("class_name") == "Normalization":
        config = {key: node["config"][key] for key in ("name", "trainable", "dtype") if key in node["config"]}
        return {**node, "class_name": "Identity", "config": config}
    return {key: stand_in(value) for key, value in node.items()}


def list_layers(architecture: Config, model: keras.Model) -> list[Layer]:
    """The layers that have a way to the output, in the model's order; idle where that way is plainly cut.

    Args:
        architecture: the checked configuration.
        model: the model rebuilt from it.
    """
    connected = _Walk(lambda _node, _arguments: False)
    connected.walk(architecture, model, None)
    working = _Walk(silences)
    working.walk(architecture, model, None)
    return [structs.replace(layer, idle=place not in working.found) for place, layer in connected.found.items()]


def _members(layers: Iterable[Any]) -> dict[str, Any]:
    return {layer.name: layer for layer in layers}


class _Walk:
    """A walk back from the output, with the layers that were met, by identity.

    Args:
        is_cut: where it doesn't go on.
    """

    def __init__(self, is_cut: Cut) -> None:
        self.is_cut = is_cut
        self.found: dict[int, Layer] = {}

    def walk(self, node: Config, model: Any, wanted: set[int] | None) -> set[int]:
        """Adds the layers that the `wanted` outputs (None: all) depend on; returns the inputs that they depend on."""
        if node["class_name"] == "Sequential":
            return self._sequence(node["config"]["layers"], _members(model.layers))
        return self._graph(node["config"], _members(model.operations), wanted)

    def _sequence(self, nodes: list[Config], members: dict[str, Any]) -> set[int]:
        start = max((place + 1 for place, node in enumerate(nodes) if self.is_cut(node, [])), default=0)
        for node in nodes[start:]:
            if node["class_name"] != "InputLayer":
                self._add(node, members[node["config"]["name"]], None)
        return set() if start else {0}

    def _graph(self, config: Config, members: dict[str, Any], wanted: set[int] | None) -> set[int]:
        outputs = ends(config, "output_layers")
        waiting = outputs if wanted is None else [outputs[place] for place in sorted(wanted) if place < len(outputs)]
        nodes = {node["name"]: node for node in config["layers"]}
        reached: dict[str, set[Tensor]] = {}
        while waiting:
            tensor = waiting.pop()
            known = reached.setdefault(tensor.layer, set())
            if tensor not in known:
                known.add(tensor)
                waiting.extend(self._sources(nodes[tensor.layer], members[tensor.layer], tensor, known))
        for name, node in nodes.items():
            calls = [node["inbound_nodes"][call]["args"] for call in {tensor.call for tensor in reached.get(name, ())}
                     if call < len(node["inbound_nodes"])]  # fmt: skip
            if calls and not all(self.is_cut(node, arguments) for arguments in calls):
                self._add(node, members[name], {tensor.output for tensor in reached[name]})
        inputs = ends(config, "input_layers")
        return {place for place, tensor in enumerate(inputs) if tensor.layer in reached}

    def _sources(self, node: Config, member: Any, tensor: Tensor, known: set[Tensor]) -> Iterator[Tensor]:
        """What one call takes, as far as the outputs of it that are known to matter depend on it."""
        calls = node["inbound_nodes"]
        if tensor.call >= len(calls) or self.is_cut(node, calls[tensor.call]["args"]):
            return
        taken = tensors(calls[tensor.call])
        if node["class_name"] in MODEL_KINDS:
            inputs = _Walk(self.is_cut).walk(node, member, {other.output for other in known})
            yield from (source for place, source in enumerate(taken) if place in inputs)
        else:
            yield from taken

    def _add(self, node: Config, member: Any, wanted: set[int] | None) -> None:
        wrapper = node["class_name"] if node["class_name"] in WRAPPERS else None
        inner, held = node, member
        while inner["class_name"] in WRAPPERS:
            inner, held = inner["config"]["layer"], getattr(held, "layer", held)
        if inner["class_name"] in MODEL_KINDS:
            self.walk(inner, held, None if wrapper else wanted)
        elif id(member) not in self.found:
            self.found[id(member)] = Layer(
                kind=inner["class_name"],
                name=member.name,
                output_shape=_shape(member),
                parameters=member.count_params() if isinstance(member, keras.layers.Layer) else 0,
                config=_summary(inner["config"], wrapper),
            )


def _shape(member: Any) -> list[int | None]:
    """The shape of the (first) output of a layer's first call; empty where it was never called by itself."""
    try:
        outputs = keras.tree.flatten(member.output)
    except (AttributeError, ValueError):
        return []
    return list(outputs[0].shape)


def _summary(config: Config, wrapper: str | None) -> Config:
    shown = {key: config[key] for key in SHOWN if config.get(key) is not None}
    if config.get("activation") is not None:
        shown["activation"] = kind_of(config["activation"])
    return {**shown, "wrapper": wrapper} if wrapper else shown
