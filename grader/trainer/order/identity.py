"""Decides when two trainings, or two models, are the same; the store finds trainings by these keys."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import blake3
import keras
import msgspec

from grader.engines.forking import find_version
from grader.engines.surroundings import determining
from grader.protocol import keras_settings
from grader.protocol.orders import Order
from grader.trainer.match.digests import DigestCache
from grader.trainer.order.model_json import parse_model_json
from grader.trainer.training.feeding import OrderArrays

# Raised when a stored training must no longer be believed, such as after a change of what is stored.
TRAJECTORY_SCHEMA = "grade-trajectory/2"
BACKEND_LIBRARIES = {"tensorflow": ("tensorflow",), "jax": ("jax", "jaxlib")}
# How long a training goes on; and what only pipelines have, which are never stored.
UNSTORED_ARGUMENTS = frozenset({"epochs", "goes_on"})
WRAPPED_LAYER_KEYS = ("layer", "backward_layer", "forward_layer")
MODEL_END_KEYS = ("input_layers", "output_layers")
# What Keras writes otherwise once a model is built, what freezing changes, and what `adapt()` computes.
CHANGING_KEYS = frozenset({"build_config", "build_input_shape", "trainable", "mean", "variance"})


def compute_training_key(order: Order, arrays: OrderArrays, seed: int, machine: str, digests: DigestCache) -> str:
    """The key of a training: architecture, compile configuration, data, fit arguments, seed and machine.

    How long it goes on and who listens to it are left out: neither the number of epochs nor callbacks change what an
    epoch gives, unless they interfere, which is another training from that moment on.
    """
    fit = {name: value for name, value in msgspec.to_builtins(order.fit).items() if name not in UNSTORED_ARGUMENTS}
    parts = [
        TRAJECTORY_SCHEMA,
        machine,
        str(seed),
        order.architecture if order.x_names else replace_layer_names(order.architecture),  # data that is given by name
        json.dumps(_strip_compile_names(json.loads(order.compile)), sort_keys=True),
        json.dumps(fit, sort_keys=True),
        json.dumps(order.x_names),
        *(
            f"{role} {digests.compute_digest(value)}"
            for role, values in sorted(arrays.by_role.items())
            for value in values
        ),
    ]
    return blake3.blake3(json.dumps(parts).encode()).hexdigest()[:40]


def describe_machine(device: str) -> str:
    """What of this machine and its libraries the figures depend on."""
    backend = keras.backend.backend()
    return json.dumps(
        {
            "backend": backend,
            "device": _list_gpus() if device == "gpu" else _hash_processor(),
            "libraries": {name: find_version(name) for name in ("keras", "numpy", *BACKEND_LIBRARIES.get(backend, ()))},
            "settings": settings(),
            "trainer": _hash_trainer_code(),
        },
        sort_keys=True,
    )


def settings() -> dict[str, Any]:
    """The surroundings on which figures depend: how sums are split and rounded, and Keras's own defaults."""
    return {
        "environment": determining(os.environ),
        "keras": keras_settings.read(),
        # TensorFlow splits sums over as many threads as there are cores, which changes their last bits.
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def check(settled: dict[str, Any]) -> None:
    """Raises: Unsettled: the surroundings have changed, so a training stored now would not match its key."""
    keras_settings.check()
    if (found := settings()) != settled:
        raise keras_settings.Unsettled(f"the trainer's surroundings were changed: {found}, at the start {settled}")


def replace_layer_names(architecture: str) -> str:
    """The configuration with its layers numbered instead of named: `dense_7` and `my_layer` train alike.

    A model with several outputs keeps its names, since its logs carry them.
    """
    tree = json.loads(architecture)
    # A compiled model repeats its compile settings in its JSON, with names that Keras numbers.
    if isinstance(tree.get("compile_config"), dict):
        tree["compile_config"] = _strip_compile_names(tree["compile_config"])
    outputs = tree.get("config", {}).get("output_layers")
    if not (outputs is None or (len(outputs) == 3 and isinstance(outputs[0], str)) or len(outputs) == 1):
        return json.dumps(tree, sort_keys=True)
    names: dict[str, str] = {}
    _collect_layer_names(tree, names)
    return json.dumps(_rename_layers(tree, names), sort_keys=True)


def _strip_compile_names(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings without the names of optimizer and loss, which Keras numbers and which no log carries."""
    result = dict(settings)
    for word in ("optimizer", "loss"):
        item = settings.get(word)
        if isinstance(item, dict) and isinstance(item.get("config"), dict):
            result[word] = {**item, "config": {**item["config"], "name": None}}
    return result


def _collect_layer_names(layer: Any, names: dict[str, str]) -> None:
    """Numbers a layer and the layers within it, in the order of the configuration."""
    config = layer.get("config") if isinstance(layer, dict) else None
    if not isinstance(config, dict):
        return
    if isinstance(config.get("name"), str):
        names.setdefault(config["name"], f"#{len(names)}")
    for inner in _list_inner_layers(config):
        _collect_layer_names(inner, names)


def _list_inner_layers(config: dict[str, Any]) -> list[Any]:
    """The layers that a model holds, or the one that a wrapper wraps."""
    held = config.get("layers")
    return [*(held if isinstance(held, list) else []), *(config[word] for word in WRAPPED_LAYER_KEYS if word in config)]


def _rename_layers(layer: Any, names: dict[str, str]) -> Any:
    """Other names at the places that hold names of layers, and nowhere else: "relu" may be a layer and an activation."""
    config = layer.get("config") if isinstance(layer, dict) else None
    if not isinstance(config, dict):
        return layer
    changed = dict(config)
    if config.get("name") in names:
        changed["name"] = names[config["name"]]
    if isinstance(config.get("layers"), list):
        changed["layers"] = [_rename_layers(inner, names) for inner in config["layers"]]
    changed.update({word: _rename_layers(config[word], names) for word in WRAPPED_LAYER_KEYS if word in config})
    changed.update({word: _rename_references(config[word], names) for word in MODEL_END_KEYS if word in config})
    result = {**layer, "config": changed}
    if "inbound_nodes" in layer:
        result["inbound_nodes"] = _rename_histories(layer["inbound_nodes"], names)
    if layer.get("name") in names:  # a functional model repeats the name beside the configuration
        result["name"] = names[layer["name"]]
    return result


def _rename_histories(node: Any, names: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            word: _rename_references(value, names) if word == "keras_history" else _rename_histories(value, names)
            for word, value in node.items()
        }
    return [_rename_histories(value, names) for value in node] if isinstance(node, list) else node


def _rename_references(value: Any, names: dict[str, str]) -> Any:
    """References are `[layer, node, tensor]`, alone, in lists or in dicts by name."""
    if isinstance(value, dict):
        return {word: _rename_references(item, names) for word, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], str):
        return [names.get(value[0], value[0]), *value[1:]]
    return [_rename_references(item, names) for item in value] if isinstance(value, list) else value


def _hash_trainer_code() -> str:
    """The trainer's own text: whatever is changed in it, trainings are run anew."""
    hasher = blake3.blake3()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        hasher.update(path.read_bytes())
    return hasher.hexdigest()[:16]


def _list_gpus() -> Sequence[str]:
    return [str(name) for name in keras.distribution.list_devices("gpu")]


def _hash_processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            # Vector instructions differ between processors and decide in which order numbers are added.
            models = [line.partition(":")[2].strip() for line in file if line.startswith(("model name", "flags"))]
    except OSError:
        models = [platform.processor()]
    return blake3.blake3("\n".join([platform.machine(), *models[:2]]).encode()).hexdigest()[:16]


def extract_immutable_config(architecture: str) -> str:
    """A model's JSON without what may change between two calls of `fit`.

    Raises:
        OrderRefused: as `parse_model_json`.
    """
    return json.dumps(_drop_changing_keys(parse_model_json(architecture)), sort_keys=True)


def _drop_changing_keys(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_drop_changing_keys(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    kept = {key: _drop_changing_keys(value) for key, value in tree.items() if key not in CHANGING_KEYS}
    if tree.get("class_name") == "LayerNormalization":  # written as a list once it is built
        kept["config"].pop("axis", None)
    # Keras adds the InputLayer itself when the model is built, so it is no change by the student.
    if tree.get("class_name") == "Sequential" and isinstance(layers := kept["config"].get("layers"), list):
        kept["config"]["layers"] = [layer for layer in layers if layer.get("class_name") != "InputLayer"]
    return kept
