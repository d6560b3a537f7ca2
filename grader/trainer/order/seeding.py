"""Seeds of models whose first weights could be searched for: no choice of seeds, layer by layer, may carry weights.

Whoever knows how weights are drawn can try seeds until the drawn ones fit, one layer after another. So what such a model
is drawn from depends on all of it: another seed or another layer anywhere changes every weight.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import blake3
from msgspec import structs

from grader.protocol.orders import Order
from grader.trainer.order.identity import extract_immutable_config, replace_layer_names
from grader.trainer.order.model_json import parse_model_json
from grader.trainer.order.numbers import FEW_NUMBERS, count_numbers

# A pair of seeds says next to nothing, and plain models keep the figures that they have in plain Keras.
FEW_SEEDS = 2
FEW_LAYERS = 50


def draws_by_itself(architecture: str) -> bool:
    """Whether a checked model has so many seeds, numbers or layers that its first weights could be chosen by them."""
    tree = parse_model_json(architecture)
    told = count_numbers(tree)
    many = max(told.acting + told.statistics, told.selecting) > FEW_NUMBERS
    return many or len(set(_iter_seeds(tree))) > FEW_SEEDS or _count_layers(tree) > FEW_LAYERS


def mix_seeds(order: Order) -> Order:
    """The order of a checked model with other seeds in the places of those that it gives, alike where those are."""
    if not draws_by_itself(order.architecture):
        return order
    digest = compute_model_digest(order.architecture)
    tree = _replace_seeds(json.loads(order.architecture), digest)
    return structs.replace(order, architecture=json.dumps(tree))


def compute_model_digest(architecture: str) -> str:
    """What stands for a model as it is declared, whatever its layers are called and which of them are frozen."""
    return blake3.blake3(replace_layer_names(extract_immutable_config(architecture)).encode()).hexdigest()


def mix_number(seed: int, digest: str) -> int:
    """Another seed, which depends on the digest, too."""
    return int.from_bytes(blake3.blake3(f"{seed} {digest}".encode()).digest(4), "big") >> 1


def _replace_seeds(node: Any, digest: str) -> Any:
    if isinstance(node, list):
        return [_replace_seeds(item, digest) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: mix_number(value, digest) if key == "seed" and type(value) is int else _replace_seeds(value, digest)
        for key, value in node.items()
    }


def _iter_seeds(node: Any) -> Iterator[int]:
    if isinstance(node, dict) and type(node.get("seed")) is int:
        yield node["seed"]
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _iter_seeds(inner)


def _count_layers(node: Any) -> int:
    """The layers of a model and of those in it."""
    layers = node["config"].get("layers") if isinstance(node, dict) and isinstance(node.get("config"), dict) else None
    return 1 + sum(map(_count_layers, layers)) if isinstance(layers, list) else 1
