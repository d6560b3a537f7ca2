"""Plain values in a model's configuration: of exact types, of ordinary size, and few enough to hide no weights."""

from __future__ import annotations

import json
import math
from typing import Any

from grader.trainer import allow_names as names
from grader.trainer.allow_json import Refused

MAX_INTEGER = 2**31 - 1
MAX_SEED = 2**63 - 1
MAX_TEXT = 200
MAX_ITEMS = 64
MAX_STATISTICS = 1024
MAX_NUMBERS = 50_000
MAX_DEPTH = 4
NO_WEIGHTS = "weights can't be part of an order"
ARRAYS = {"__tensor__": {"value", "dtype"}, "__numpy__": {"value", "dtype"}}
INDICES = {"__slice__": {"start", "stop", "step"}, "__ellipsis__": set[str]()}


def quoted(name: Any) -> str:
    """A name from a submission, safe to print: cut, in quotes, every odd character escaped."""
    return json.dumps(name[:60]) if type(name) is str else f"({type(name).__name__})"


def shown(value: Any) -> str:
    """A value from a submission in a few words, safe to print."""
    if type(value) is dict:
        return f"an object of the class {quoted(value.get('class_name'))}"
    if type(value) is list:
        return f"a list of {len(value):,}"
    return quoted(value) if type(value) is str else str(value)[:40]


def named(key: str, place: str) -> str:
    """`key` of `place`, safe to print."""
    return f"{key if key.isidentifier() and len(key) < 40 else quoted(key)} of {place}"


class Values:
    """Checks plain values and counts their numbers over a whole model."""

    def __init__(self) -> None:
        self.numbers = 0

    def scalar(self, value: Any, place: str, most: int = MAX_INTEGER) -> None:
        """Raises: Refused: not None, a bool, a bounded number or a short text."""
        kind = type(value)
        self.numbers += kind in (int, float)
        if self.numbers > MAX_NUMBERS:
            raise Refused("the model's description holds too many numbers", NO_WEIGHTS)
        sound = (
            value is None
            or kind is bool
            or (kind is int and abs(value) <= most)
            or (kind is float and math.isfinite(value))
            or (kind is str and len(value) <= MAX_TEXT and value.isprintable())
        )
        if not sound:
            raise Refused(f"{place} is {shown(value)}", "use a plain value of ordinary size")

    def entry(self, key: str, value: Any, place: str, most: int = MAX_ITEMS) -> None:
        """The value of `key` in the configuration of `place`. Raises: Refused: as `plain`."""
        self.plain(value, named(key, place), most, MAX_SEED if key == "seed" else MAX_INTEGER)

    def plain(self, value: Any, place: str, most: int = MAX_ITEMS, largest: int = MAX_INTEGER) -> None:
        """Raises: Refused: not a scalar up to `largest`, nor a (nested) list of at most `most` ordinary scalars."""
        if type(value) is not list:
            return self.scalar(value, place, largest)
        leaves = list(_leaves(value, place))
        if len(leaves) > most:
            raise Refused(f"{place} holds {len(leaves):,} values (at most {most:,})", NO_WEIGHTS)
        for leaf in leaves:
            self.scalar(leaf, place)
        return None

    def dtype(self, value: Any, place: str) -> None:
        """Raises: Refused: not a number type or one of Keras's plain dtype policies."""
        if type(value) is dict and value.get("class_name") == "DTypePolicy" and value.get("module") == "keras":
            config = value.get("config")
            if type(config) is dict and config.keys() == {"name"} and value.get("registered_name") is None:
                value = config["name"]
        if value is not None and (type(value) is not str or value not in names.DTYPES):
            raise Refused(f"{place} has the dtype {shown(value)}", 'use "float32", or leave dtype out')

    def constant(self, value: Any, place: str) -> None:
        """A value in a call of a layer. Raises: Refused: neither plain, nor a small array, nor an index."""
        if type(value) is not dict:
            return self.plain(value, place)
        kind, config = value.get("class_name"), value.get("config")
        keys = (ARRAYS | INDICES).get(kind) if type(kind) is str else None
        if keys is None or len(value) != 2 or type(config) is not dict or config.keys() != keys:
            raise Refused(f"{place} takes {shown(value)}", "use a plain number")
        if kind in ARRAYS:
            self.dtype(config["dtype"], place)
        for key in keys - {"dtype"}:
            self.plain(config[key], place)
        return None


def _leaves(value: list[Any], place: str, depth: int = 0) -> list[Any]:
    if depth > MAX_DEPTH:
        raise Refused(f"{place} is nested too deeply", "use a plain value of ordinary size")
    leaves = []
    for item in value:
        leaves.extend(_leaves(item, place, depth + 1) if type(item) is list else [item])
    return leaves
