"""When two trainings are one, and when they only look alike."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytestmark = pytest.mark.keras


def key(first: str, second: str, x_names: list[str] | None) -> str:
    """The key of a model whose first input goes to a small layer and whose second to a large one."""
    from grader.arrays import ArraySpec
    from grader.trainer import identity
    from grader.trainer.digests import Digests
    from grader.trainer.feeding import Arrays
    from grader.wire import FitArguments, Order

    def layer(name, **config):
        return {"class_name": "X", "config": {"name": name, **config}, "name": name}

    layers = [layer(first, batch_shape=[None, 4]), layer(second, batch_shape=[None, 4])]
    ends = {"input_layers": [[first, 0, 0], [second, 0, 0]], "output_layers": [["out", 0, 0]]}
    architecture = {"class_name": "Functional", "config": {"name": "m", "layers": [*layers, layer("out")], **ends}}
    specs = [ArraySpec(dtype="float32", shape=[2, 4])] * 2
    order = Order(
        model=0, architecture=json.dumps(architecture), compile="{}", fit=FitArguments(), arrays=specs, x_names=x_names
    )
    arrays = Arrays(specs, [np.zeros((2, 4), "float32"), np.ones((2, 4), "float32")])
    return identity.key(order, arrays, 7, "machine", Digests())


def test_names_of_layers_make_no_difference():
    """`dense_7` and `my_layer` train alike."""
    assert key("a", "b", None) == key("input_1", "b", None)


def test_names_by_which_data_is_given_do():
    """Two inputs that are exchanged get each other's data."""
    assert key("a", "b", ["a", "b"]) != key("b", "a", ["a", "b"])
