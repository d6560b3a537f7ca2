"""Masks: where a model's scores carry one, Keras's metrics leave out every example that it hides."""

from __future__ import annotations

from typing import Any

from grader.trainer.allow_names import MODEL_KINDS


def masks(architecture: Any) -> bool:
    """Whether any layer of a checked configuration makes a mask.

    >>> masks({"class_name": "Sequential", "config": {"layers": [{"class_name": "Masking", "config": {}}]}})
    True
    """
    return any(
        node["class_name"] == "Masking" or (node["class_name"] == "Embedding" and node["config"].get("mask_zero"))
        for node in _objects(architecture)
    )


def nests(architecture: Any) -> bool:
    """Whether there is a model within the model, whose masks show in none of its symbolic outputs."""
    return sum(node["class_name"] in MODEL_KINDS for node in _objects(architecture)) > 1


def _objects(tree: Any) -> list[dict[str, Any]]:
    """Every object that a configuration holds, at any depth."""
    inner = tree if isinstance(tree, list) else list(tree.values()) if isinstance(tree, dict) else []
    found = [node for item in inner for node in _objects(item)]
    own = isinstance(tree, dict) and isinstance(tree.get("class_name"), str) and isinstance(tree.get("config"), dict)
    return [tree, *found] if own else found
