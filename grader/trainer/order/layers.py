"""The layers of a rebuilt model in one flat table: all that have a way to the output.

Nested models are flattened, wrappers looked through, a shared layer counted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import keras
from msgspec import structs

from grader.records.run import ModelLayer
from grader.trainer.order.allowed_names import MODEL_KINDS
from grader.trainer.order.dead_layers import blocks_signal, read_kind
from grader.trainer.order.graph import GraphTensor, list_call_tensors, list_model_ends

Config = dict[str, Any]
# Whether a call of a layer, with these arguments, lets nothing of its input through.
Cut = Callable[[Config, list[Any]], bool]
WRAPPER_KINDS = ("Bidirectional", "TimeDistributed")
SHOWN_SETTINGS = (
    "units", "filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "depth_multiplier", "pool_size",
    "rate", "target_shape", "input_dim", "output_dim", "return_sequences", "axis", "scale", "offset", "size", "factor",
    "height", "width", "num_heads", "key_dim", "use_bias", "trainable", "n", "dims",
)  # fmt: skip
MAX_ROUNDS = 60  # one for each layer that Keras may write after one that takes something from it, and some more
LayerNames = frozenset[str]


def replace_normalization(node: Any) -> Any:
    """The configuration with Normalization replaced by Identity of the same shape.

    Normalization alone computes with arrays of its input's size while it is built, before the size could be checked.
    """
    if isinstance(node, list):
        return [replace_normalization(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("class_name") == "Normalization":
        config = {key: node["config"][key] for key in ("name", "trainable", "dtype") if key in node["config"]}
        return {**node, "class_name": "Identity", "config": config}
    return {key: replace_normalization(value) for key, value in node.items()}


def list_layers(architecture: Config, model: keras.Model) -> list[ModelLayer]:
    """The layers that have a way to the output, in the model's order; idle where that way is plainly cut.

    Args:
        architecture: the checked configuration.
        model: the model rebuilt from it.
    """
    # Two walks: a check with an upper bound counts idle layers too, the others must not.
    connected = _Walk(lambda _node, _arguments: False)
    connected.walk(architecture, model, None)
    working = _Walk(blocks_signal)
    working.walk(architecture, model, None)
    return [structs.replace(layer, idle=place not in working.found) for place, layer in connected.found.items()]


def _map_by_name(layers: Iterable[Any]) -> dict[str, Any]:
    return {layer.name: layer for layer in layers}


class _Walk:
    """A walk back from the output, with the layers that were met, by identity.

    Args:
        is_cut: where it doesn't go on.
    """

    def __init__(self, is_cut: Cut) -> None:
        self.is_cut = is_cut
        # How often the model is called that the walk is in.
        self.times = 1
        self.found: dict[int, ModelLayer] = {}

    def walk(self, node: Config, model: Any, wanted: set[int] | None) -> set[int]:
        """Adds the layers that the `wanted` outputs (None: all) depend on; returns the inputs that they depend on."""
        if node["class_name"] == "Sequential":
            return self._sequence(node["config"]["layers"], _map_by_name(model.layers))
        return self._graph(node["config"], _map_by_name(model.operations), wanted)

    def _sequence(self, nodes: list[Config], members: dict[str, Any]) -> set[int]:
        # Nothing before the last layer that blocks the signal can matter.
        start = max((place + 1 for place, node in enumerate(nodes) if self.is_cut(node, [])), default=0)
        for node in nodes[start:]:
            if node["class_name"] != "InputLayer":
                self._add(node, members[node["config"]["name"]], None, 1)
        return set() if start else {0}

    def _graph(self, config: Config, members: dict[str, Any], wanted: set[int] | None) -> set[int]:
        outputs = list_model_ends(config, "output_layers")
        waiting = outputs if wanted is None else [outputs[place] for place in sorted(wanted) if place < len(outputs)]
        nodes = {node["name"]: node for node in config["layers"]}
        reached: dict[str, set[GraphTensor]] = {}
        while waiting:
            tensor = waiting.pop()
            known = reached.setdefault(tensor.layer, set())
            if tensor not in known:
                known.add(tensor)
                waiting.extend(self._sources(nodes[tensor.layer], members[tensor.layer], tensor, known))
        # In the order of the graph; an order's layers stand in the order in which the student's class made them.
        for name, node in ((name, nodes[name]) for name in members if name in nodes):
            calls = [node["inbound_nodes"][call]["args"] for call in {tensor.call for tensor in reached.get(name, ())}
                     if call < len(node["inbound_nodes"])]  # fmt: skip
            # A shared layer counts if at least one of its calls lets the signal through.
            if calls and not all(self.is_cut(node, arguments) for arguments in calls):
                self._add(node, members[name], {tensor.output for tensor in reached[name]}, len(calls))
        inputs = list_model_ends(config, "input_layers")
        return {place for place, tensor in enumerate(inputs) if tensor.layer in reached}

    def _sources(
        self, node: Config, member: Any, tensor: GraphTensor, known: set[GraphTensor]
    ) -> Iterator[GraphTensor]:
        """What one call takes, as far as the outputs of it that are known to matter depend on it."""
        calls = node["inbound_nodes"]
        if tensor.call >= len(calls) or self.is_cut(node, calls[tensor.call]["args"]):
            return
        taken = list_call_tensors(calls[tensor.call])
        if node["class_name"] in MODEL_KINDS:
            # A walk of its own: only the inputs that matter are wanted here; `_add` records the layers.
            inputs = _Walk(self.is_cut).walk(node, member, {other.output for other in known})
            yield from (source for place, source in enumerate(taken) if place in inputs)
        else:
            yield from taken

    def _add(self, node: Config, member: Any, wanted: set[int] | None, calls: int) -> None:
        wrapper = node["class_name"] if node["class_name"] in WRAPPER_KINDS else None
        inner, held = node, member
        while inner["class_name"] in WRAPPER_KINDS:
            inner, held = inner["config"]["layer"], getattr(held, "layer", held)
        if inner["class_name"] in MODEL_KINDS:
            outer, self.times = self.times, self.times * calls
            self.walk(inner, held, None if wrapper else wanted)
            self.times = outer
        # By identity, since layers of different nested models may have the same name.
        elif id(member) not in self.found:
            self.found[id(member)] = ModelLayer(
                kind=inner["class_name"],
                name=member.name,
                output_shape=_find_output_shape(member),
                parameters=member.count_params() if isinstance(member, keras.layers.Layer) else 0,
                config=_select_settings(inner["config"], wrapper),
                calls=self.times * calls,
            )


def _find_output_shape(member: Any) -> list[int | None]:
    """The shape of the (first) output of a layer's first call; empty where it was never called by itself."""
    try:
        outputs = keras.tree.flatten(member.output)
    except (AttributeError, ValueError):
        return []
    return list(outputs[0].shape)


def _select_settings(config: Config, wrapper: str | None) -> Config:
    shown = {key: config[key] for key in SHOWN_SETTINGS if config.get(key) is not None}
    if config.get("activation") is not None:
        shown["activation"] = read_kind(config["activation"])
    return {**shown, "wrapper": wrapper} if wrapper else shown


def add_layer_sources(layers: Sequence[ModelLayer], architecture: Config) -> list[ModelLayer]:
    """The layers with the names of what each takes its input from.

    Args:
        layers: as `list_layers` gives them.
        architecture: the checked configuration that they come from.
    """
    sources: dict[str, set[str]] = {}
    _trace_model(architecture, [frozenset()], sources)
    return [structs.replace(layer, sources=sorted(sources.get(layer.name, ()))) for layer in layers]


def _trace_model(node: Config, given: list[LayerNames], sources: dict[str, set[str]]) -> list[LayerNames]:
    """Adds the links inside a model; returns the layers that each of its outputs comes from.

    Args:
        given: the layers that each of its inputs comes from.
    """
    if node["class_name"] == "Sequential":
        return [_trace_sequence(node["config"]["layers"], given[0] if given else frozenset(), sources)]
    return _trace_graph(node["config"], given, sources)


def _trace_sequence(nodes: list[Config], before: LayerNames, sources: dict[str, set[str]]) -> LayerNames:
    """Through a Sequential model; its input is no layer to take from, since Keras adds it when the model is built."""
    for node in nodes:
        if node["class_name"] != "InputLayer":
            before = _trace_call(node, [before], sources)[0]
    return before


def _trace_call(node: Config, given: list[LayerNames], sources: dict[str, set[str]]) -> list[LayerNames]:
    """One call of a layer or a nested model."""
    if node["class_name"] in MODEL_KINDS:
        return _trace_model(node, given, sources)
    name = str(node["config"].get("name"))
    sources.setdefault(name, set()).update(*given)
    return [frozenset({name})]


def _trace_graph(config: Config, given: list[LayerNames], sources: dict[str, set[str]]) -> list[LayerNames]:
    made: dict[tuple[str, int], list[LayerNames]] = {}
    for place, tensor in enumerate(list_model_ends(config, "input_layers")):
        own = frozenset({tensor.layer})
        made[tensor.layer, tensor.call] = [given[place] or own if place < len(given) else own]
    waiting = [(node, call) for node in config["layers"] for call in range(len(node["inbound_nodes"]))]
    for _ in range(MAX_ROUNDS):
        left = []
        for node, call in waiting:
            taken = list_call_tensors(node["inbound_nodes"][call])
            if all((tensor.layer, tensor.call) in made for tensor in taken):
                made[node["name"], call] = _trace_call(
                    node, [_find_tensor_sources(tensor, made) for tensor in taken], sources
                )
            else:
                left.append((node, call))
        if not left:
            break
        waiting = left
    return [_find_tensor_sources(tensor, made) for tensor in list_model_ends(config, "output_layers")]


def _find_tensor_sources(tensor: GraphTensor, made: dict[tuple[str, int], list[LayerNames]]) -> LayerNames:
    """The layers that a tensor comes from; a layer with several outputs is one."""
    outputs = made.get((tensor.layer, tensor.call), [frozenset()])
    return outputs[min(tensor.output, len(outputs) - 1)]
