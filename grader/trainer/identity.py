"""What makes two trainings the same: everything that determines their figures, as one key."""

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

from grader import keras_settings
from grader.engines.surroundings import determining
from grader.importing import find_version
from grader.trainer.digests import Digests
from grader.trainer.feeding import Arrays
from grader.wire import Order

# Raised when a stored training must no longer be believed, such as after a change of what is stored.
SCHEMA = "grade-trajectory/2"
LIBRARIES = {"tensorflow": ("tensorflow",), "jax": ("jax", "jaxlib")}
WRAPPED = ("layer", "backward_layer", "forward_layer")
ENDS = ("input_layers", "output_layers")


def key(order: Order, arrays: Arrays, seed: int, machine: str, digests: Digests) -> str:
    """The key of a training: architecture, compile configuration, data, fit arguments, seed and machine.

    How long it goes on and who listens to it are left out: neither the number of epochs nor callbacks change what an
    epoch gives, unless they interfere, which is another training from that moment on.
    """
    fit = {name: value for name, value in msgspec.to_builtins(order.fit).items() if name != "epochs"}
    parts = [
        SCHEMA,
        machine,
        str(seed),
        order.architecture if order.x_names else without_names(order.architecture),  # data that is given by name
        json.dumps(_compiled(json.loads(order.compile)), sort_keys=True),
        json.dumps(fit, sort_keys=True),
        json.dumps(order.x_names),
        *(f"{role} {digests.of(value)}" for role, values in sorted(arrays.by_role.items()) for value in values),
    ]
    return blake3.blake3(json.dumps(parts).encode()).hexdigest()[:40]


def machine(device: str) -> str:
    """What of this machine and its libraries the figures depend on."""
    backend = keras.backend.backend()
    return json.dumps(
        {
            "backend": backend,
            "device": _devices() if device == "gpu" else _processor(),
            "libraries": {name: find_version(name) for name in ("keras", "numpy", *LIBRARIES.get(backend, ()))},
            "settings": settings(),
            "trainer": _program(),
        },
        sort_keys=True,
    )


def settings() -> dict[str, Any]:
    """What of this process's surroundings decides how a sum is split or rounded, or what a configuration leaves open."""
    return {
        "environment": determining(os.environ),
        "keras": keras_settings.read(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def check(settled: dict[str, Any]) -> None:
    """Before a training is stored. Raises: Unsettled: it wasn't made in the surroundings that its key tells."""
    keras_settings.check()
    if (found := settings()) != settled:
        raise keras_settings.Unsettled(f"the trainer's surroundings were changed: {found}, at the start {settled}")


def without_names(architecture: str) -> str:
    """The configuration with its layers numbered instead of named: `dense_7` and `my_layer` train alike.

    A model with several outputs keeps its names, since its logs carry them.
    """
    tree = json.loads(architecture)
    if isinstance(tree.get("compile_config"), dict):
        tree["compile_config"] = _compiled(tree["compile_config"])
    outputs = tree.get("config", {}).get("output_layers")
    if not (outputs is None or (len(outputs) == 3 and isinstance(outputs[0], str)) or len(outputs) == 1):
        return json.dumps(tree, sort_keys=True)
    names: dict[str, str] = {}
    _collect(tree, names)
    return json.dumps(_renamed(tree, names), sort_keys=True)


def _compiled(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings without the names of optimizer and loss, which Keras numbers and which no log carries."""
    result = dict(settings)
    for word in ("optimizer", "loss"):
        item = settings.get(word)
        if isinstance(item, dict) and isinstance(item.get("config"), dict):
            result[word] = {**item, "config": {**item["config"], "name": None}}
    return result


def _collect(layer: Any, names: dict[str, str]) -> None:
    """Numbers a layer and the layers within it, in the order of the configuration."""
    config = layer.get("config") if isinstance(layer, dict) else None
    if not isinstance(config, dict):
        return
    if isinstance(config.get("name"), str):
        names.setdefault(config["name"], f"#{len(names)}")
    for inner in _inner(config):
        _collect(inner, names)


def _inner(config: dict[str, Any]) -> list[Any]:
    """The layers that a model holds, or the one that a wrapper wraps."""
    held = config.get("layers")
    return [*(held if isinstance(held, list) else []), *(config[word] for word in WRAPPED if word in config)]


def _renamed(layer: Any, names: dict[str, str]) -> Any:
    """Other names at the places that hold names of layers, and nowhere else: "relu" may be a layer and an activation."""
    config = layer.get("config") if isinstance(layer, dict) else None
    if not isinstance(config, dict):
        return layer
    changed = dict(config)
    if config.get("name") in names:
        changed["name"] = names[config["name"]]
    if isinstance(config.get("layers"), list):
        changed["layers"] = [_renamed(inner, names) for inner in config["layers"]]
    changed.update({word: _renamed(config[word], names) for word in WRAPPED if word in config})
    changed.update({word: _references(config[word], names) for word in ENDS if word in config})
    result = {**layer, "config": changed}
    if "inbound_nodes" in layer:
        result["inbound_nodes"] = _histories(layer["inbound_nodes"], names)
    if layer.get("name") in names:  # a functional model repeats the name beside the configuration
        result["name"] = names[layer["name"]]
    return result


def _histories(node: Any, names: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            word: _references(value, names) if word == "keras_history" else _histories(value, names)
            for word, value in node.items()
        }
    return [_histories(value, names) for value in node] if isinstance(node, list) else node


def _references(value: Any, names: dict[str, str]) -> Any:
    """References are `[layer, node, tensor]`, alone, in lists or in dicts by name."""
    if isinstance(value, dict):
        return {word: _references(item, names) for word, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], str):
        return [names.get(value[0], value[0]), *value[1:]]
    return [_references(item, names) for item in value] if isinstance(value, list) else value


def _program() -> str:
    """The trainer's own text: whatever is changed in it, trainings are run anew."""
    hasher = blake3.blake3()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        hasher.update(path.read_bytes())
    return hasher.hexdigest()[:16]


def _devices() -> Sequence[str]:
    return [str(name) for name in keras.distribution.list_devices("gpu")]


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            models = [line.partition(":")[2].strip() for line in file if line.startswith(("model name", "flags"))]
    except OSError:
        models = [platform.processor()]
    return blake3.blake3("\n".join([platform.machine(), *models[:2]]).encode()).hexdigest()[:16]
