"""Plain values in a model's configuration: of exact types, of ordinary size, and few enough to hide no weights."""

from __future__ import annotations

import json
import math
from typing import Any

from grader.trainer.order import allowed_names as names
from grader.trainer.order.model_json import OrderRefused

MAX_INTEGER = 2**31 - 1
MAX_SEED = 2**63 - 1
MAX_TEXT_CHARS = 200
# No shape, axis or size needs a longer list; the weights of a layer would.
MAX_ITEMS = 64
MAX_STATISTICS = 1024
MAX_NUMBERS = 50_000
MAX_DEPTH = 4
NO_WEIGHTS = "weights can't be handed to the trainer"
ARRAY_KEYS = {"__tensor__": {"value", "dtype"}, "__numpy__": {"value", "dtype"}}
INDEX_KEYS = {"__slice__": {"start", "stop", "step"}, "__ellipsis__": set[str]()}


def escape_name(name: Any) -> str:
    """A name from a submission, safe to print: cut, in quotes, every odd character escaped."""
    return json.dumps(name[:60]) if type(name) is str else f"({type(name).__name__})"


def describe_value(value: Any) -> str:
    """A value from a submission in a few words, safe to print."""
    if type(value) is dict:
        return f"an object of the class {escape_name(value.get('class_name'))}"
    if type(value) is list:
        return f"a list of {len(value):,}"
    return escape_name(value) if type(value) is str else str(value)[:40]


def format_argument_place(key: str, place: str) -> str:
    """`key` of `place`, safe to print."""
    return f"{key if key.isidentifier() and len(key) < 40 else escape_name(key)} of {place}"


class PlainValueChecker:
    """Checks plain values and counts their numbers over a whole model."""

    def __init__(self) -> None:
        self.numbers = 0

    def check_scalar(self, value: Any, place: str, most: int = MAX_INTEGER) -> None:
        """Raises: OrderRefused: not None, a bool, a bounded number or a short text."""
        kind = type(value)
        # Exact types, since `isinstance` takes a bool for an int.
        self.numbers += kind in (int, float)
        if self.numbers > MAX_NUMBERS:
            raise OrderRefused("the model's description holds too many numbers", NO_WEIGHTS)
        sound = (
            value is None
            or kind is bool
            or (kind is int and abs(value) <= most)
            or (kind is float and math.isfinite(value))
            or (kind is str and len(value) <= MAX_TEXT_CHARS and value.isprintable())
        )
        if not sound:
            raise OrderRefused(f"{place} is {describe_value(value)}", "use a plain value of ordinary size")

    def entry(self, key: str, value: Any, place: str, most: int = MAX_ITEMS) -> None:
        """The value of `key` in the configuration of `place`. Raises: OrderRefused: as `plain`."""
        self.check_plain_value(
            value, format_argument_place(key, place), most, MAX_SEED if key == "seed" else MAX_INTEGER
        )

    def check_plain_value(self, value: Any, place: str, most: int = MAX_ITEMS, largest: int = MAX_INTEGER) -> None:
        """Raises: OrderRefused: not a scalar up to `largest`, nor a (nested) list of at most `most` ordinary scalars."""
        if type(value) is not list:
            return self.check_scalar(value, place, largest)
        leaves = list(_collect_leaves(value, place))
        if len(leaves) > most:
            raise OrderRefused(f"{place} holds {len(leaves):,} values (at most {most:,})", NO_WEIGHTS)
        for leaf in leaves:
            self.check_scalar(leaf, place)
        return None

    def check_dtype(self, value: Any, place: str) -> None:
        """Raises: OrderRefused: not a number type or one of Keras's plain dtype policies."""
        if type(value) is dict and value.get("class_name") == "DTypePolicy" and value.get("module") == "keras":
            config = value.get("config")
            if type(config) is dict and config.keys() == {"name"} and value.get("registered_name") is None:
                value = config["name"]
        if value is not None and (type(value) is not str or value not in names.DTYPES):
            raise OrderRefused(f"{place} has the dtype {describe_value(value)}", 'use "float32", or leave dtype out')

    def check_constant(self, value: Any, place: str) -> None:
        """A value in a call of a layer. Raises: OrderRefused: neither plain, nor a small array, nor an index."""
        if type(value) is not dict:
            return self.check_plain_value(value, place)
        kind, config = value.get("class_name"), value.get("config")
        keys = (ARRAY_KEYS | INDEX_KEYS).get(kind) if type(kind) is str else None
        if keys is None or len(value) != 2 or type(config) is not dict or config.keys() != keys:
            raise OrderRefused(f"{place} takes {describe_value(value)}", "use a plain number")
        if kind in ARRAY_KEYS:
            self.check_dtype(config["dtype"], place)
        for key in keys - {"dtype"}:
            self.check_plain_value(config[key], place)
        return None


def _collect_leaves(value: list[Any], place: str, depth: int = 0) -> list[Any]:
    if depth > MAX_DEPTH:
        raise OrderRefused(f"{place} is nested too deeply", "use a plain value of ordinary size")
    leaves = []
    for item in value:
        leaves.extend(_collect_leaves(item, place, depth + 1) if type(item) is list else [item])
    return leaves
