"""How an array is announced before its raw bytes, and what a value sent as plain data may be: bounded; never a pickle."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

ITEM_SIZES = {
    "bool": 1, "uint8": 1, "int8": 1, "uint16": 2, "int16": 2, "float16": 2, "uint32": 4, "int32": 4, "float32": 4,
    "uint64": 8, "int64": 8, "float64": 8,
}  # fmt: skip
# The size in bytes then fits into 64 bits, whatever the type.
MAX_ARRAY_VALUES = 1 << 59
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Dtype = Literal[
    "bool", "uint8", "int8", "uint16", "int16", "float16", "uint32", "int32", "float32", "uint64", "int64", "float64"
]  # fmt: skip
Role = Literal["x", "y", "sample_weight", "val_x", "val_y", "val_sample_weight"]
# `\Z`, since `$` also matches before a newline at the end.
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
MAX_DEPTH = 20
MAX_RETURNED_VALUES = 200_000


class ArraySpec(Struct, frozen=True, kw_only=True):
    """One array that follows a message: its dtype, shape and, in an order, what it is.

    Raises:
        ValueError: no machine could hold it, were there not nothing in it: an empty array may have endless sides.
    """

    dtype: Dtype
    shape: Annotated[list[Count], Meta(max_length=8)]
    role: Role = "x"

    def __post_init__(self) -> None:
        if math.prod(max(side, 1) for side in self.shape) > MAX_ARRAY_VALUES:
            raise ValueError(f"an array of the shape {self.shape}")

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * ITEM_SIZES[self.dtype]

    @property
    def follows(self) -> int:
        """Bytes that follow the message."""
        return self.nbytes


class OrderedSpec(ArraySpec, frozen=True, kw_only=True):
    """One array of an order; with a digest, it is the one of that content that the trainer holds, and nothing follows.

    The trainer offers digests of its own arrays only, so a false one is no way to train on anything else than was said.
    """

    digest: Digest | None = None

    @property
    def follows(self) -> int:
        return self.nbytes if self.digest is None else 0


ArraySpecs = Annotated[Sequence[ArraySpec], Meta(max_length=2000)]
OrderedSpecs = Annotated[list[OrderedSpec], Meta(max_length=2000)]


def is_all_held(ordered: Iterable[OrderedSpec], held: Iterable[OrderedSpec]) -> bool:
    """Whether those of an order's arrays that come as a digest are among the ones that the trainer holds."""
    offered = {(spec.digest, spec.dtype, *spec.shape) for spec in held}
    return all(spec.digest is None or (spec.digest, spec.dtype, *spec.shape) in offered for spec in ordered)


def check_same_form(first: Iterable[ArraySpec], later: Iterable[ArraySpec]) -> None:
    """Checks a later epoch's data: the first epoch's decided what labels and weights mean; images may change in size.

    Raises:
        ValueError: a later epoch's arrays are of another kind.
    """
    before, now = _describe_form(first), _describe_form(later)
    if before != now:
        raise ValueError(f"the data of a later epoch comes in another form than before: first {before}, now {now}")


def _describe_form(specs: Iterable[ArraySpec]) -> str:
    told = []
    for spec in specs:
        if spec.role == "y":
            told.append(f"y of the shape ({', '.join(map(str, ('batch', *spec.shape[1:])))})")
        elif not spec.role.startswith("val_"):
            told.append(spec.role)
    return ", ".join(told)


def check_plain_data(value: Any) -> None:
    """Refuses what isn't plain data.

    Raises:
        ValueError: it isn't made of exactly what JSON has, with texts for keys, or is endless.
    """
    level, count = [value], 1
    # Level by level rather than recursively, so that no nesting can exhaust the stack.
    for _ in range(MAX_DEPTH + 2):
        level = [item for outer in level for item in _list_inner_values(outer)]
        count += len(level)
        if count > MAX_RETURNED_VALUES:
            raise ValueError(f"more than {MAX_RETURNED_VALUES:,} values")
    if level:
        raise ValueError(f"values nested more than {MAX_DEPTH} deep")


def _list_inner_values(value: Any) -> list[Any]:
    kind = type(value)
    if kind is dict and all(type(key) is str for key in value):
        return list(value.values())
    if kind is list:
        found: list[Any] = value
        return found
    if value is None or kind in (bool, int, float, str):
        return []
    raise ValueError(f"a value of the type {kind.__name__}")
