"""Values in words short enough to read: small arrays whole, large ones around the place that matters."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.protocol.values import Array, OpaqueValue, UnreadArray

MAX_WHOLE_VALUES = 40
MAX_TEXT_CHARS = 360


def format_value(value: Any, at: tuple[int, ...] = ()) -> str:
    """A value as one would type it.

    Args:
        at: the place to show of a large array.

    >>> format_value(np.array([[1, 2], [3, 4]]))
    '[[1, 2], [3, 4]]'
    >>> format_value(np.zeros((9, 9), "uint8"), (0, 8))
    '[[0, 0], [0, 0]] in rows 0 to 1, columns 7 to 8 of 9 × 9'
    """
    match value:
        case np.ndarray() if value.ndim == 0:
            text = _format_item(value.item())
        case np.ndarray():
            text = _format_array(value, at)
        case list() | tuple():
            parts = [format_value(item) for item in value]
            text = f"({', '.join(parts)})" if isinstance(value, tuple) else f"[{', '.join(parts)}]"
        case OpaqueValue():
            text = str(value)
        case UnreadArray(dtype=dtype, shape=shape):
            text = f"an array of shape {shape}, {dtype}"
        case _:
            text = _format_item(value)
    return text if len(text) <= MAX_TEXT_CHARS else text[: MAX_TEXT_CHARS - 3] + "..."


def _format_item(value: Any) -> str:
    # Six places are enough to compare; `repr` keeps the `.0` of a whole float, which shows its type.
    return f"{value:.6g}" if isinstance(value, float) and value != drop_fraction(value) else repr(value)


def drop_fraction(value: float) -> float:
    """A finite float without its fraction, as Python writes whole ones; itself otherwise."""
    return float(int(value)) if np.isfinite(value) and abs(value) < 1e15 else value


def _format_array(array: Array, at: tuple[int, ...]) -> str:
    if array.size == 0:
        return f"an empty array of shape {array.shape}"
    if array.size <= MAX_WHOLE_VALUES:
        return _format_nested(array)
    window = _pick_window(array.shape, at or (0,) * array.ndim)
    spans = [f"{name} {part.start} to {part.stop - 1}" if part.stop - part.start > 1 else f"{name} {part.start}"
             for name, part in zip(_name_axes(array.ndim), window, strict=True)]  # fmt: skip
    size = " × ".join(map(str, array.shape))
    return f"{_format_nested(array[window])} in {', '.join(spans)} of {size}"


def _format_nested(array: Array) -> str:
    if array.ndim == 0:
        return _format_item(array.item())
    return f"[{', '.join(_format_nested(part) for part in array)}]"


def _pick_window(shape: tuple[int, ...], at: tuple[int, ...]) -> tuple[slice, ...]:
    """Three rows and columns around a place; of what is neither row nor column only the place itself, if it is large."""
    spatial = _pick_spatial_axes(len(shape))
    result = []
    for axis, (length, place) in enumerate(zip(shape, (*at, *(0,) * len(shape)), strict=False)):
        if axis in spatial or length <= 4:
            wide = (max(0, place - 1), min(length, place + 2)) if axis in spatial else (0, length)
        else:
            wide = (min(place, length - 1), min(place, length - 1) + 1)
        result.append(slice(*wide))
    return tuple(result)


def _pick_spatial_axes(dimensions: int) -> tuple[int, ...]:
    # Four axes are those of a batch of images.
    return (1, 2) if dimensions == 4 else (0, 1)


def _name_axes(dimensions: int) -> tuple[str, ...]:
    """What the axes of an array are called."""
    named = {1: ("places",), 2: ("rows", "columns"), 3: ("rows", "columns", "channels"),
             4: ("image", "rows", "columns", "channels")}  # fmt: skip
    return named.get(dimensions, tuple(f"axis {axis}:" for axis in range(dimensions)))


def format_place(at: tuple[int, ...]) -> str:
    """A place as an index.

    >>> format_place((0, 2))
    'at [0, 2]'
    """
    return f"at [{', '.join(map(str, at))}]" if at else ""


def format_call(names: list[str], values: tuple[Any, ...], at: tuple[int, ...] = ()) -> str:
    """The arguments of a call.

    >>> format_call(["image", "weight"], (np.array([[1, 2]]), 0.5))
    'image = [[1, 2]], weight = 0.5'
    """
    parts = []
    for name, value in zip(names, values, strict=True):
        near = at if isinstance(value, np.ndarray) and value.ndim == len(at) else ()
        parts.append(f"{name} = {format_value(value, near)}")
    return ", ".join(parts)
