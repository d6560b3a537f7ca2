"""Values as one would type them: arrays row by row, small ones whole, large ones around the place that matters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from grader.protocol.values import Array, OpaqueValue, UnreadArray

MAX_WHOLE_VALUES = 80
MAX_WHOLE_SIDE = 8
MAX_TEXT_CHARS = 800
MAX_CALL_CHARS = 72


def format_value(value: Any, at: tuple[int, ...] = ()) -> str:
    """A value as one would type it; of arrays with more than two axes one slice.

    Args:
        at: the place to show of a large array.

    >>> print(format_value(np.array([[1, 2], [3, 40]])))
    [[1,  2],
     [3, 40]]
    >>> print(format_value(np.zeros((9, 9), "uint8"), (0, 8)))
    [0:2, 7:9] of 9 × 9:
    [[0, 0],
     [0, 0]]
    >>> print(format_value(np.zeros((2, 2, 3), "uint8"), (0, 1, 2)))
    [:, :, 2] of 2 × 2 × 3:
    [[0, 0],
     [0, 0]]
    """
    match value:
        case np.ndarray() if value.ndim == 0:
            text = _format_item(value.item())
        case np.ndarray():
            text = _format_array(value, at)
        case list() | tuple():
            parts = [format_value(item).replace("\n", " ") for item in value]
            # A list of lists is written row by row, as an array is.
            nested = len(parts) > 1 and all(isinstance(item, (list, tuple)) for item in value)
            inner = (",\n " if nested else ", ").join(parts)
            text = f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
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
    window = _pick_window(array.shape, at or (0,) * array.ndim)
    shown = array[window]
    rows = _format_rows(shown) if shown.ndim == 2 else _format_nested(shown)
    if shown.shape == array.shape:
        return rows
    spans = [_format_span(part, length) for part, length in zip(window, array.shape, strict=True)]
    return f"[{', '.join(spans)}] of {' × '.join(map(str, array.shape))}:\n{rows}"


def _format_span(part: slice | int, length: int) -> str:
    if isinstance(part, int):
        return str(part)
    return ":" if part.stop - part.start == length else f"{part.start}:{part.stop}"


def _format_rows(array: Array) -> str:
    """Rows below each other, and columns too, as one would write a matrix."""
    cells = [[_format_item(item) for item in row] for row in array.tolist()]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows = (", ".join(item.rjust(width) for item, width in zip(row, widths, strict=True)) for row in cells)
    return f"[{(',' + chr(10) + ' ').join(f'[{row}]' for row in rows)}]"


def _format_nested(array: Array) -> str:
    if array.ndim == 0:
        return _format_item(array.item())
    return f"[{', '.join(_format_nested(part) for part in array)}]"


def _pick_window(shape: tuple[int, ...], at: tuple[int, ...]) -> tuple[slice | int, ...]:
    """All rows and columns of a small array, three of a large one; of the other axes the place itself."""
    spatial = _pick_spatial_axes(len(shape))
    sides = [length for axis, length in enumerate(shape) if axis in spatial]
    whole = math.prod(sides) <= MAX_WHOLE_VALUES and all(side <= MAX_WHOLE_SIDE for side in sides[1:])
    result: list[slice | int] = []
    for axis, (length, place) in enumerate(zip(shape, (*at, *(0,) * len(shape)), strict=False)):
        near = min(place, length - 1)
        if axis not in spatial:
            result.append(near)
        else:
            result.append(slice(0, length) if whole else slice(max(0, near - 1), min(length, near + 2)))
    return tuple(result)


def _pick_spatial_axes(dimensions: int) -> tuple[int, ...]:
    # Four axes are those of a batch of images.
    return (1, 2) if dimensions == 4 else (0, 1)


def format_place(at: tuple[int, ...]) -> str:
    """A place as an index.

    >>> format_place((0, 2))
    'at [0, 2]'
    """
    return f"at [{', '.join(map(str, at))}]" if at else ""


def format_call(names: list[str], values: tuple[Any, ...], at: tuple[int, ...] = ()) -> str:
    """The arguments of a call: on one line where they fit, else each on lines of its own.

    >>> print(format_call(["image", "weight"], (np.array([[1, 2], [3, 4]]), 0.5)))
    image = [[1, 2],
             [3, 4]]
    weight = 0.5
    """
    parts = []
    for name, value in zip(names, values, strict=True):
        near = at if isinstance(value, np.ndarray) and value.ndim == len(at) else ()
        text = format_value(value, near)
        head, separator, rows = text.partition(":\n")
        # Of a part of an array the heading says which, as one would take it: `image[0:3, 0:3]`.
        label = f"{name}{head} = " if separator else f"{name} = "
        parts.append(label + (rows or text).replace("\n", "\n" + " " * len(label)))
    line = ", ".join(parts)
    return line if "\n" not in line and len(line) <= MAX_CALL_CHARS else "\n".join(parts)
