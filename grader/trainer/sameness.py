"""Whether a model that is trained again is the one that was trained: of its whole configuration, what its use leaves as it is."""

from __future__ import annotations

import json
from typing import Any

from grader.trainer.allow_json import parse

# What Keras writes otherwise once a model is built, what freezing changes, and what `adapt()` computes.
CHANGING = frozenset({"build_config", "build_input_shape", "trainable", "mean", "variance"})


def lasting(architecture: str) -> str:
    """A model's JSON without what may change between two calls of `fit`.

    Raises:
        Refused: as `parse`.
    """
    return json.dumps(_lasting(parse(architecture)), sort_keys=True)


def _lasting(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_lasting(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    kept = {key: _lasting(value) for key, value in tree.items() if key not in CHANGING}
    if tree.get("class_name") == "LayerNormalization":  # written as a list once it is built
        kept["config"].pop("axis", None)
    if tree.get("class_name") == "Sequential" and isinstance(layers := kept["config"].get("layers"), list):
        kept["config"]["layers"] = [layer for layer in layers if layer.get("class_name") != "InputLayer"]
    return kept
