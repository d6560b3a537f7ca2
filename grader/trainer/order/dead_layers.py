"""Detects layers whose output doesn't depend on their input; layers before them must not count."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

Config = dict[str, Any]
# Beyond these, a layer lets nothing through that a model could learn from.
MIN_SCALE = 1e-6
MAX_SCALE = 1e6
MAX_DROP_RATE = 0.999
FACTOR_NAMES = ("kernel", "depthwise", "pointwise", "gamma", "embeddings")
# An initializer draws only zeros if none of these settings is above MIN_SCALE.
SPREAD_SETTINGS = {
    "Zeros": (), "zeros": (), "Constant": ("value",), "RandomNormal": ("mean", "stddev"), "TruncatedNormal": ("mean", "stddev"),
    "RandomUniform": ("minval", "maxval"), "VarianceScaling": ("scale",), "Orthogonal": ("gain",),
    "OrthogonalInitializer": ("gain",),
}  # fmt: skip


def blocks_signal(node: Config, arguments: list[Any]) -> bool:
    """Whether a layer lets nothing of its input through.

    Args:
        node: the layer's checked configuration.
        arguments: those of one call.
    """
    kind, config = node["class_name"], node["config"]
    if _is_scaled_away(kind, config) or _is_clipped_flat(kind, config) or _is_combined_with_itself(kind, arguments):
        return True
    if any(_is_pinned_by(kind, place, number) for place, number in enumerate(arguments) if _is_number(number)):
        return True
    constants = [value["config"].get("value") for value in arguments if _is_constant(value)]
    if kind == "Multiply" and any(_has_only_small_numbers(value) for value in constants):
        return True
    # A constraint that holds the weights at zero undoes every step, however long the model trains.
    if any(_is_zero_bound(config.get(f"{name}_constraint")) for name in FACTOR_NAMES):
        return True
    # Zeros that are trained will change; only frozen ones stay.
    return config.get("trainable") is False and any(
        _is_zero_initializer(config.get(f"{name}_initializer")) for name in FACTOR_NAMES
    )


def _is_scaled_away(kind: str, config: Config) -> bool:
    """Scaled down to nothing, or dropped out."""
    if kind == "Rescaling":
        return _has_only_small_numbers(config.get("scale", 1))
    rate = config.get("rate", 0)
    return (
        kind.endswith(("Dropout", "Dropout1D", "Dropout2D", "Dropout3D")) and _is_number(rate) and rate > MAX_DROP_RATE
    )


def _is_clipped_flat(kind: str, config: Config) -> bool:
    """Cut to one number, by its bounds or by a threshold that nothing passes."""
    # A leaky ReLU lets a share of every number through.
    if kind not in ("Clip", "ReLU") or config.get("negative_slope"):
        return False
    low = _pick_number(config.get("x_min", 0.0), -math.inf)
    high = _pick_number(config.get("x_max", config.get("max_value")), math.inf)
    return high - low < MIN_SCALE or _pick_number(config.get("threshold"), 0.0) > MAX_SCALE


def _is_combined_with_itself(kind: str, arguments: list[Any]) -> bool:
    """A difference or a ratio of one thing with itself."""
    given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
    origins = [value["config"].get("keras_history") for value in given if isinstance(value, dict) and "config" in value]
    # Only the same tensor twice is certain: two branches of equal layers learn different weights.
    same = len(origins) == 2 and origins[0] is not None and origins[0] == origins[1]
    return same and kind in ("Subtract", "Divide", "TrueDivide", "Equal", "NotEqual")


def _is_pinned_by(kind: str, place: int, number: float) -> bool:
    """Whether a number among the arguments of an operation leaves nothing of the other one."""
    match kind:
        case "Multiply":
            return abs(number) < MIN_SCALE
        case "Divide" | "TrueDivide":
            return place == 1 and abs(number) > MAX_SCALE
        case "Power":
            return place == 1 and abs(number) < MIN_SCALE
        case "Maximum":
            return number > MAX_SCALE
        case "Minimum":
            return number < -MAX_SCALE
    return False


def _is_constant(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") in ("__tensor__", "__numpy__")


def _iter_numbers(value: Any) -> Iterator[float]:
    if isinstance(value, list):
        for item in value:
            yield from _iter_numbers(item)
    elif _is_number(value):
        yield value


def _has_only_small_numbers(value: Any) -> bool:
    numbers = list(_iter_numbers(value))
    return bool(numbers) and all(abs(number) < MIN_SCALE for number in numbers)


def _is_zero_bound(bound: Any) -> bool:
    return isinstance(bound, dict) and _is_number(most := bound["config"].get("max_value")) and most < MIN_SCALE


def _is_zero_initializer(initializer: Any) -> bool:
    """Whether an initializer gives nothing but zeros."""
    kind = read_kind(initializer)
    if kind not in SPREAD_SETTINGS:
        return False
    config = initializer["config"] if isinstance(initializer, dict) else {}
    return all(_is_number(config.get(name)) and abs(config[name]) < MIN_SCALE for name in SPREAD_SETTINGS[kind])


def _pick_number(value: Any, otherwise: float) -> float:
    return value if _is_number(value) else otherwise


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def read_kind(node: Any) -> str:
    """The class of an object, or the name of a function or a text."""
    if not isinstance(node, dict):
        return str(node)
    return str(node["config"] if node["class_name"] == "function" else node["class_name"])
