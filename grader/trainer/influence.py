"""Layers that a trained model doesn't need: given other weights, it says exactly the same.

The walk over the declared graph finds what is plainly cut off; this finds the rest, however it was hidden.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from grader.run import Architecture
from grader.trainer.feeding import Array

# A model that guesses may well depend on nothing; of one that knows the digits every layer is worth a look.
LEAST_ACCURACY = 0.5
MOST_LAYERS = 12
MOST_WEIGHTS = 5_000_000
SCALES = (1.0, 0.03)


def idle(model: Any, architecture: Architecture, examples: Array) -> list[str]:
    """Names of the layers whose weights make no difference, to the last bit, in what the model says of some examples.

    Args:
        model: trained; it is as it was afterwards.
        architecture: its layers, of which those with weights are looked at.
        examples: of the shape that the model takes.
    """
    names = Counter(layer.name for layer in architecture.layers if 0 < layer.parameters <= MOST_WEIGHTS)
    wanted = [name for name, count in names.items() if count == 1][:MOST_LAYERS]
    members = {layer.name: layer for layer in model._flatten_layers()}
    before = np.asarray(model.predict_on_batch(examples))
    return [name for name in wanted if name in members and _is_idle(model, members[name], examples, before)]


def _is_idle(model: Any, layer: Any, examples: Array, before: Array) -> bool:
    kept, random = layer.get_weights(), np.random.default_rng(1)
    try:
        for scale in SCALES:
            layer.set_weights([(scale * random.standard_normal(weight.shape)).astype(weight.dtype) for weight in kept])
            if not np.array_equal(before, np.asarray(model.predict_on_batch(examples)), equal_nan=True):
                return False
    finally:
        layer.set_weights(kept)
    return bool(kept)
