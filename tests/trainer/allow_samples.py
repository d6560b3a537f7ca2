"""Keras configurations as plain dictionaries, so that tests of the allow-list need no Keras."""

from __future__ import annotations

import copy
from typing import Any

Json = dict[str, Any]
ADAM: Json = {"module": "keras.optimizers", "class_name": "Adam", "config": {"learning_rate": 0.001}}
COMPILE: Json = {"optimizer": ADAM, "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def layer(kind: str, module: str = "keras.layers", **config: Any) -> Json:
    """A serialised layer, as Keras writes it."""
    return {"module": module, "class_name": kind, "config": {"name": kind.lower(), **config}, "registered_name": None}


def keras_input(name: str = "inputs") -> Json:
    config = {"name": name, "batch_shape": [None, 4], "dtype": "float32", "sparse": False}
    return layer("InputLayer") | {"config": config, "name": name, "inbound_nodes": []}


def sequential(*layers: Json) -> Json:
    return layer("Sequential", "keras", trainable=True, layers=copy.deepcopy(list(layers)))


def tensor(name: str, node: int = 0, output: int = 0) -> Json:
    config = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, node, output]}
    return {"class_name": "__keras_tensor__", "config": config}


def call(*args: Any, **kwargs: Any) -> Json:
    return {"args": list(args), "kwargs": kwargs}


def node(item: Json, name: str, *calls: Json) -> Json:
    """A layer as a node of a Functional model."""
    item = copy.deepcopy(item)
    item["config"]["name"] = name
    return item | {"name": name, "inbound_nodes": list(calls)}


def functional(output: str, *layers: Json, number: int = 0) -> Json:
    """A Functional model whose output is call `number` of a layer (Keras counts those of a nested model from 1)."""
    config = {"layers": list(layers), "input_layers": ["inputs", 0, 0], "output_layers": [output, number, 0]}
    model = layer("Functional", "keras.src.models.functional", **config)
    return model | {"registered_name": "Functional"}


def function(name: Any, module: str = "builtins") -> Json:
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}
