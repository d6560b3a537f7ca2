"""Python values as plain data and raw arrays, and back: for the student process and the referee, which have NumPy.

Encoding trusts nothing that a value says of itself: only exact built-in types and plain arrays are taken, all else is
named. Decoding takes only what encoding makes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.protocol.arrays import ITEM_SIZES, ArraySpec

Array = np.ndarray[Any, Any]
MAX_ITEMS = 20_000
MAX_ARRAYS = 100
MAX_TEXT_CHARS = 2_000
MAX_DEPTH = 8


class UnreadableValue(Exception):
    """A message's value isn't one that `ValueEncoder` makes."""


@dataclass(frozen=True, slots=True)
class OpaqueValue:
    """Something that couldn't be sent, by its class's name; or an array, by that of its numbers."""

    name: str
    array: bool = False

    def __str__(self) -> str:
        return f"an array of {self.name}" if self.array else f"an object of class {self.name}"


@dataclass(frozen=True, slots=True)
class UnreadArray:
    """An array too large for what was expected, of which only dtype and shape are known."""

    dtype: str
    shape: tuple[int, ...]


def keep_unknown(value: Any) -> Array | None:  # noqa: ARG001 - what a converter takes
    """Converts nothing."""
    return None


class ValueEncoder:
    """Turns values into what a message can carry; `arrays` are the ones that follow it.

    Args:
        convert: makes an array of a value of another class, or None; for a process that may run that class's methods.
    """

    def __init__(self, convert: Callable[[Any], Array | None] = keep_unknown) -> None:
        self.arrays: list[Array] = []
        self._items = 0
        self._convert = convert

    @property
    def specs(self) -> list[ArraySpec]:
        return [ArraySpec(dtype=array.dtype.name, shape=list(array.shape)) for array in self.arrays]

    @property
    def buffers(self) -> list[memoryview]:
        return [array.reshape(-1).data for array in self.arrays]

    def encode_value(self, value: Any, depth: int = 0) -> Any:
        """A value as plain data."""
        kind = type(value)
        self._items += 1
        # A list that contains itself ends here, too.
        if self._items > MAX_ITEMS or depth > MAX_DEPTH:
            return {"object": f"{kind.__name__}, too long or too deeply nested"[:MAX_TEXT_CHARS]}
        if value is None or kind in (bool, float):
            return value
        if kind is int:
            # MessagePack's integers have 64 bits.
            return value if -(2**63) <= value < 2**63 else {"object": "int of more than 64 bits"}
        if kind is str:
            return value[:MAX_TEXT_CHARS]
        if kind is list:
            return [self.encode_value(item, depth + 1) for item in value]
        if kind is tuple:
            return {"tuple": [self.encode_value(item, depth + 1) for item in value]}
        # No subclass of an array, whose methods would be the student's code.
        if kind is np.ndarray or (isinstance(value, np.generic) and kind.__module__ == "numpy"):
            return self._encode_array(np.asarray(value))
        if (converted := self._convert(value)) is not None:
            return self._encode_array(converted)
        return {"object": _name_class(kind)}

    def _encode_array(self, array: Array) -> Any:
        if array.dtype.name not in ITEM_SIZES or array.ndim > 8 or len(self.arrays) >= MAX_ARRAYS:
            return {"array_of": str(array.dtype)[:MAX_TEXT_CHARS]}
        # The reader takes the bytes in its own order.
        native = array.astype(array.dtype.newbyteorder("="), copy=False)
        self.arrays.append(np.ascontiguousarray(native).reshape(array.shape))
        return {"array": len(self.arrays) - 1}


def _name_class(kind: type) -> str:
    """A class's name, with its module's where that isn't obvious."""
    module = str(kind.__module__)
    return (kind.__name__ if module in ("builtins", "submission") else f"{module}.{kind.__name__}")[:MAX_TEXT_CHARS]


def decode_value(value: Any, arrays: list[Any]) -> Any:
    """The value that a message carries.

    Args:
        arrays: what followed the message: arrays, or what stands for them.

    Raises:
        UnreadableValue: it isn't what `ValueEncoder` makes.
    """
    # Only these exact forms: the message may come from a student process.
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list():
            return [decode_value(item, arrays) for item in value]
        case {"array": int() as index} if len(value) == 1 and 0 <= index < len(arrays):
            return arrays[index]
        case {"tuple": list() as items} if len(value) == 1:
            return tuple(decode_value(item, arrays) for item in items)
        case {"object": str() as name} if len(value) == 1:
            return OpaqueValue(name[:MAX_TEXT_CHARS])
        case {"array_of": str() as name} if len(value) == 1:
            return OpaqueValue(name[:MAX_TEXT_CHARS], array=True)
    raise UnreadableValue(type(value).__name__)


def is_same_value(one: Any, other: Any) -> bool:
    """Whether two values are alike in type, shape and every bit; objects of other classes never are."""
    if type(one) is not type(other):
        return False
    if type(one) is np.ndarray:
        return bool(one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes())
    if type(one) in (list, tuple):
        return len(one) == len(other) and all(map(is_same_value, one, other))
    if type(one) is float:
        return bool(one == other or (one != one and other != other))  # noqa: PLR0124 - NaN
    return type(one) in (int, bool, str, type(None)) and bool(one == other)
