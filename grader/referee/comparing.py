"""Whether what a function gave is right, and where it isn't: values first, types only where they matter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.referee.showing import place, shown
from grader.values import Array, Opaque, Unread

WRAP = 256
LISTS = "Return a NumPy array; `np.array(...)` makes one of nested lists."
CLAMP = "bring them into the range before they go into the array"
KEEP = "an array of a larger type, such as int64, keeps them as they are"
TENSOR = "Return a NumPy array; `.numpy()` makes one of a tensor."


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is wrong: `what` goes on after "the function …"; `at` is the first wrong place of an array."""

    what: str
    expected: str
    got: str
    at: tuple[int, ...] = ()
    hint: str | None = None


def difference(expected: Any, got: Any, tolerance: float = 0.0) -> Difference | None:
    """The difference between what is right and what came, or None.

    Numbers are compared by value, whatever their type; lists and tuples alike, item by item.

    Args:
        tolerance: the largest difference of two numbers that doesn't count.

    >>> difference(5, 6).what
    'gave 6, not 5'
    >>> difference(np.array([[1, 2]]), np.array([[1, 3]])).what
    'is wrong at [0, 1]: 3, not 2 (1 of 2 values differ)'
    >>> difference((26, 13), [26, 13]) is None
    True
    """
    if isinstance(expected, np.ndarray) and expected.ndim:
        return _array(expected, got, tolerance)
    if isinstance(expected, (list, tuple)):
        return _sequence(expected, got, tolerance)
    return _single(expected.item() if isinstance(expected, (np.ndarray, np.generic)) else expected, got, tolerance)


def _single(expected: Any, got: Any, tolerance: float) -> Difference | None:
    value = got.item() if isinstance(got, np.ndarray) and got.ndim == 0 else got
    if _is_number(expected) != _is_number(value) or not (_is_number(value) or type(value) is type(expected)):
        return _told(f"gave {kind(got)}, not {kind(expected)}", expected, got)
    right = _near(expected, value, tolerance) if _is_number(expected) else expected == value
    return None if right else _told(f"gave {shown(value)}, not {shown(expected)}", expected, value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _near(expected: float, value: float, tolerance: float) -> bool:
    return value == expected or (math.isnan(value) and math.isnan(expected)) or abs(value - expected) <= tolerance


def _sequence(expected: list[Any] | tuple[Any, ...], got: Any, tolerance: float) -> Difference | None:
    value = got.tolist() if isinstance(got, np.ndarray) and got.ndim == 1 else got
    if not isinstance(value, (list, tuple)):
        return _told(f"gave {kind(got)}, not {kind(expected)}", expected, got)
    if len(value) != len(expected):
        count = f"{len(value)} value{'s' * (len(value) != 1)}"
        return _told(f"gave {count}, not {len(expected)}", expected, got)
    for index, (one, other) in enumerate(zip(expected, value, strict=True)):
        found = difference(one, other, tolerance)
        if found is not None:
            return _told(f"is wrong at [{index}]: {shown(other)}, not {shown(one)}", expected, got)
    return None


def _array(expected: Array, got: Any, tolerance: float) -> Difference | None:
    if isinstance(got, (Unread, np.ndarray)) and tuple(got.shape) != expected.shape:
        what = f"gave an array of shape {tuple(got.shape)}, not {expected.shape}"
        return Difference(what=what, expected=shown(expected), got=shown(got))
    if not isinstance(got, np.ndarray):
        tensor = isinstance(got, Opaque) and got.name.endswith("Tensor")
        hint = TENSOR if tensor else LISTS if isinstance(got, (list, tuple)) else None
        return Difference(
            what=f"gave {kind(got)}, not an array of numbers", expected=shown(expected), got=shown(got), hint=hint
        )
    wrong = ~_equal(expected, got, tolerance)
    if not wrong.any():
        return None
    at = tuple(int(index) for index in np.argwhere(wrong)[0])
    others = f" ({int(wrong.sum()):,} of {wrong.size:,} values differ)" if wrong.size > 1 else ""
    what = f"is wrong {place(at)}: {shown(got[at].item())}, not {shown(expected[at].item())}{others}"
    return Difference(
        what=what, expected=shown(expected, at), got=shown(got, at), at=at, hint=guess(expected, got, wrong)
    )


def _equal(expected: Array, got: Array, tolerance: float) -> Array:
    both_nan = np.isnan(expected) & np.isnan(got)
    alike = (expected == got) | both_nan
    if not tolerance:
        return np.asarray(alike)
    with np.errstate(all="ignore"):
        return np.asarray(alike | (abs(got.astype(np.float64) - expected.astype(np.float64)) <= tolerance))


def guess(expected: Array, got: Array, wrong: Array) -> str | None:
    """What a well-known mistake would have made of it.

    >>> one = np.array([[1, 2], [3, 4]])
    >>> guess(one, one.T, one != one.T)
    'The result is the right one with rows and columns exchanged.'
    """
    with np.errstate(all="ignore"):
        off = got.astype(np.float64)[wrong] - expected.astype(np.float64)[wrong]
    if expected.ndim >= 2 and expected.shape[0] == expected.shape[1] and np.array_equal(expected, got.swapaxes(0, 1)):
        return "The result is the right one with rows and columns exchanged."
    if np.isfinite(off).all() and (off % WRAP == 0).all():
        inside = expected.min() >= 0 and expected.max() < WRAP
        return f"Numbers beyond 0 to 255 have wrapped round: {CLAMP if inside else KEEP}."
    if (abs(off) < 1).all():
        return "The values are only rounded differently."
    return None


def kind(value: Any) -> str:
    """What a value is, in words.

    >>> kind(None), kind(5), kind((1, 2))
    ('nothing (None)', 'a number', 'a tuple')
    """
    match value:
        case None:
            return "nothing (None)"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case tuple() | list():
            return f"a {type(value).__name__}"
        case np.ndarray() if value.ndim == 0:
            return kind(value.item())
        case np.ndarray() | Unread():
            return f"an array of shape {tuple(value.shape)}"
        case Opaque():
            return str(value)
    return "another kind of object"


def _told(what: str, expected: Any, got: Any) -> Difference:
    return Difference(what=what, expected=shown(expected), got=shown(got))
