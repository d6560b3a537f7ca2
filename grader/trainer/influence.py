"""Layers that a trained model doesn't need: given other weights, it says exactly the same.

The walk over the declared graph finds what is plainly cut off; this finds the rest, however it was hidden.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.run import Architecture
from grader.trainer.feeding import Array
from grader.trainer.measuring import said

# A model that guesses may well depend on nothing; of one that knows the digits every layer is worth a look.
LEAST_ACCURACY = 0.5
MOST_LAYERS = 12
MOST_WEIGHTS = 50_000_000
SCALES = (1.0, 0.03)


def idle(model: Any, architecture: Architecture, examples: Array) -> list[str]:
    """Names of the layers whose weights make no difference, to the last bit, in what the model says of some examples.

    Convolutions are looked at first, as those are what exercises count; of layers with one name, one is enough.

    Args:
        model: trained; it is as it was afterwards.
        architecture: its layers, of which those with weights are looked at.
        examples: of the shape that the model takes.
    """
    weighty = [layer for layer in architecture.layers if 0 < layer.parameters <= MOST_WEIGHTS and not layer.idle]
    weighty.sort(key=lambda layer: "Conv" not in layer.kind)
    wanted = list(dict.fromkeys(layer.name for layer in weighty))[:MOST_LAYERS]
    members = [layer for layer in model._flatten_layers() if layer.weights]
    before = said(model, examples)
    return [
        name
        for name in wanted
        if any(_is_idle(model, layer, examples, before) for layer in members if layer.name == name)
    ]


def _is_idle(model: Any, layer: Any, examples: Array, before: Array) -> bool:
    kept, random = layer.get_weights(), np.random.default_rng(1)
    try:
        for scale in SCALES:
            layer.set_weights([(scale * random.standard_normal(weight.shape)).astype(weight.dtype) for weight in kept])
            if not np.array_equal(before, said(model, examples), equal_nan=True):
                return False
    finally:
        layer.set_weights(kept)
    return bool(kept)
