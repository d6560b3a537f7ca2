"""The numbers of a model's description that act on data: one budget over all of them, wherever they stand.

Trained at home, weights can be written into any number that a layer multiplies with, adds or compares: a scale, a
bound, a constant of an operation, an initializer. So all are counted alike, in lists or alone; only what gives shapes,
sizes and axes is free. Seeds, spreads of initializers, momenta, rates and factors of regularizers are free as long as
they are the same everywhere: one of them says nothing, but many that differ can be chosen so that weights come out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader.trainer.order.dead_layers import read_kind

Config = dict[str, Any]
# What says how large something is, or where, but not by how much data is changed.
SIZES = frozenset(
    """
    axes axis batch_input_shape batch_shape build_input_shape depth_multiplier dilation_rate dims groups
    height input_dim input_length key_dim kernel_size max_norm_axis n new_shape newshape num_heads output_dim output_padding
    pool_size rank shape size strides target_shape units filters value_dim width source
    destination axis1 axis2 sparse num_spatial_dims
    """.split()  # noqa: SIM905 - readable
)
# A model that holds more numbers than this, or is wired of more operations, is looked at more closely.
FEW_NUMBERS = 12
# What selects pixels: free, but many of them make a model worth a second look.
SELECTING = frozenset({"cropping", "padding"})
# The spread of what an initializer draws around nought.
SPREADS = frozenset({"stddev", "maxval", "scale"})
# Layers that move, repeat or select what they get: enough of them, and weights can be wired without a number.
WIRING = frozenset(
    """
    CenterCrop Concatenate Dot Maximum Minimum Multiply Permute RepeatVector Rescaling Reshape Subtract UpSampling1D
    UpSampling2D UpSampling3D
    """.split()  # noqa: SIM905 - readable
)
# So do sums and copies, which kernels of these initializers are.
PLAIN_KERNELS = frozenset({"Ones", "ones", "Identity", "identity", "IdentityInitializer"})
# Within these bounds a figure changes what a layer puts out by less than noise does; what differs from the commonest
# figure of its kind counts even so, since a training adds up what each of them does.
HARMLESS = {
    "epsilon": (0.0, 0.01), "momentum": (0.5, 1.0), "rate": (0.0, 1.0), "dropout": (0.0, 1.0), "seed": (-math.inf, math.inf),
}  # fmt: skip
# What `adapt()` finds, which the images themselves tell; of a few channels they count like any others.
STATISTICS = ("mean", "variance")
FEW_CHANNELS = 8
OPERATIONS = "keras.src.ops."
FREE_PARTS = ("dtype", "build_config")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How many numbers act on data, select parts of it or are operations (weights can be wired), and are statistics."""

    acting: int
    selecting: int
    statistics: int = 0


def count_numbers(architecture: Config) -> Told:
    """The numbers in a model's JSON, as `parse_model_json` gives it.

    >>> scale = {"class_name": "Rescaling", "config": {"name": "r", "scale": [0.5, 2], "offset": 0.1}}
    >>> count_numbers({"class_name": "Sequential", "config": {"layers": [scale]}})
    Told(acting=3, selecting=1, statistics=0)
    """
    kinds = Counter(_layer(architecture))
    return Told(
        acting=kinds["acts"] + _count_deviating(kinds), selecting=kinds["selects"], statistics=kinds["describes"]
    )


def _count_deviating(kinds: Counter[str]) -> int:
    """How many of the figures that should be the same everywhere differ from the commonest of their kind."""
    alike: dict[str, list[int]] = {}
    for word, count in kinds.items():
        kind, is_figure, _ = word.partition("=")
        if is_figure:
            alike.setdefault(kind, []).append(count)
    return sum(sum(counts) - max(counts) for counts in alike.values())


def _layer(node: Any) -> Iterator[str]:
    """One word for each number of a layer, or of a model and all that is in it; with the figure where it may matter."""
    kind, config = node.get("class_name"), node.get("config")
    for call in node.get("inbound_nodes") or ():
        # Operations count even without a number: enough of them can be wired into a classifier.
        if str(node.get("module")).startswith(OPERATIONS):
            yield "selects"
        yield from _leaves(call, "selects" if kind == "GetItem" else "acts")
    if kind in WIRING and not str(node.get("module")).startswith(OPERATIONS):
        yield "selects"
    for key, value in config.items() if isinstance(config, dict) else ():
        # Sign and size of what is drawn are known to whoever knows the seed, so spreads that differ could be weights.
        if key != "seed" and _is_centred(kind, config):
            if key in SPREADS:
                yield f"{kind}.{key}={value}"
            continue
        if kind == "Normalization" and key in STATISTICS and isinstance(value, list):
            words = ["describes" for _ in _leaves(value, "")]
            # Many statistics have a budget of their own, since `fresh_model` compares them with the images.
            yield from words if len(words) > FEW_CHANNELS else ["acts"] * len(words)
        else:
            yield from _entry(str(kind), key, value)


def _entry(kind: str, key: str, value: Any) -> Iterator[str]:
    end = key.rpartition("_")[2]
    if key.endswith("kernel_initializer") and read_kind(value) in PLAIN_KERNELS:
        yield "selects"
    if key in ("layers", "cells") and isinstance(value, list):
        for inner in value:
            yield from _layer(inner)
    elif isinstance(value, dict) and end == "regularizer":
        yield from (f"{value.get('class_name')}.{name}={factor}" for name, factor in _iter_figures(value.get("config")))
    elif isinstance(value, dict) and "config" in value and end not in FREE_PARTS:
        yield from _layer(value)
    elif key in SELECTING:
        yield from _leaves(value, "selects")
    elif end in HARMLESS and _is_within(value, *HARMLESS[end]):
        yield f"{kind}.{key}={value}"
    elif not (key in SIZES or end in FREE_PARTS or key in ("input_layers", "output_layers") or _is_harmless(value)):
        yield from _leaves(value, "acts")


def _iter_figures(config: Any) -> Iterator[tuple[str, Any]]:
    """The factors of a regularizer; nought is none."""
    items = config.items() if isinstance(config, dict) else ()
    yield from ((key, value) for key, value in items if type(value) in (int, float) and value)


def _is_within(value: Any, low: float, high: float) -> bool:
    return low <= _number(value) <= high


def _is_harmless(value: Any) -> bool:
    """Whether a number by itself changes nothing: nought or one."""
    return type(value) in (int, float) and value in (0, 1)


def _number(value: Any) -> float:
    return value if type(value) in (int, float) else math.nan


def _is_centred(kind: Any, config: Config) -> bool:
    """Whether an initializer draws around nought, so that neither sign nor size of what it draws is known."""
    match kind:
        case "RandomNormal" | "TruncatedNormal":
            return config.get("mean") == 0
        case "RandomUniform":
            return config.get("minval") == -_number(config.get("maxval"))
        case "VarianceScaling":
            return True
    return False


def find_statistics(node: Any) -> Iterator[tuple[list[float], list[float]]]:
    """The means and variances of each Normalization layer that holds many, flat."""
    if isinstance(node, dict) and node.get("class_name") == "Normalization":
        means, variances = (list(_numbers(node["config"].get(key))) for key in STATISTICS)
        if max(len(means), len(variances)) > FEW_CHANNELS:
            yield means, variances
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from find_statistics(inner)


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif type(value) in (int, float):
        yield value


def _leaves(value: Any, word: str) -> Iterator[str]:
    """One word for each number in an argument; where a tensor comes from is no number."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item, word)
    elif type(value) in (int, float):
        yield word
