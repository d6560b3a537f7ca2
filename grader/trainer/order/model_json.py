"""A model's JSON as a plain dictionary: bounded, and without what a trusted process has no use for."""

from __future__ import annotations

import json
from typing import Any

from grader.trainer.order import allowed_names as names

MAX_CHARACTERS = 4_000_000
# Saved shapes and compile settings inside the model's JSON would run code paths that nothing checks; a layer is built
# anew from its real input instead. One class draws its seeds when it is built, so it must be built where it was.
DROPPED_KEYS = ("build_config", "compile_config")
KINDS_KEEPING_BUILD_CONFIG = ("MultiHeadAttention",)


class OrderRefused(Exception):
    """Something was ordered that can't be: `what` it is, and what to use `instead`."""

    def __init__(self, what: str, instead: str = "") -> None:
        self.what = what
        self.instead = instead
        super().__init__(f"{what}; {instead}" if instead else what)


class OrderTooLarge(OrderRefused):
    """What is ordered takes, with all that was ordered before, more memory than a submission may have."""


def parse_model_json(text: str) -> dict[str, Any]:
    """The JSON of `model.to_json()` or of a compile configuration, in the form that `check_config` reads.

    TensorFlow's activations and initializers are replaced by Keras's own of the same mathematics, since only those
    can be built by name: `activation=tf.nn.softmax` is written as a function called "softmax_v2".

    Raises:
        OrderRefused: too long, nested too deeply, not JSON, or not an object.
    """
    # Checked before parsing, which takes many times the size of the text in memory.
    if len(text) > MAX_CHARACTERS:
        raise OrderRefused(f"the model's description has {len(text):,} characters (at most {MAX_CHARACTERS:,})")
    try:
        tree = json.loads(text, object_hook=_normalize_object)
    # RecursionError: brackets that are nested thousands deep.
    except (ValueError, RecursionError) as error:
        raise OrderRefused(f"the model's description can't be read: {error}") from error
    if type(tree) is not dict:
        raise OrderRefused(f"the model's description is a {type(tree).__name__}, not an object")
    return tree


def _normalize_object(node: dict[str, Any]) -> Any:
    if node.get("class_name") == "function" and node.get("module") == "builtins":
        function = node.get("config")
        return names.TF_ACTIVATIONS.get(function, node) if type(function) is str else node
    if node.get("module") == names.TF_INITIALIZER_MODULE and node.get("registered_name") == node.get("class_name"):
        node = {**node, "module": "keras.initializers", "registered_name": None}
    kept = ("build_config",) if node.get("class_name") in KINDS_KEEPING_BUILD_CONFIG else ()
    return {key: value for key, value in node.items() if key not in DROPPED_KEYS or key in kept}
