"""Whether what a function gave is right, and where it isn't: values first, types only where they matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.protocol.values import Array, OpaqueValue, UnreadArray
from grader.referee.showing import format_place, format_value

WRAP_SIZE = 256
LISTS_HINT = "Return a NumPy array; `np.array(...)` makes one of nested lists."
CLAMP_HINT = "bring them into the range before they go into the array"
KEEP_HINT = "an array of a larger type, such as int64, keeps them as they are"
RETURN_HINT = "End it with `return` and the result; a function without `return` gives None."
TENSOR_HINT = "Return a NumPy array; `.numpy()` makes one of a tensor."


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is wrong, in a sentence; `at` is the first wrong place of an array.

    `beside` says that it is something else than wrong numbers in an answer of the right form.
    """

    what: str
    expected: str
    got: str
    at: tuple[int, ...] = ()
    hint: str | None = None
    beside: bool = False


def find_difference(
    expected: Any, got: Any, tolerance: float = 0.0, places: Sequence[int] = ()
) -> Difference | None:
    """The difference between what is right and what came, or None.

    Numbers are compared by value, whatever their type; lists and tuples alike, item by item.

    Args:
        tolerance: the largest difference of two numbers that doesn't count.
        places: of a list, the only items to compare; without any, all of them.

    >>> find_difference(5, 6).what
    'your function gives 6 instead of 5'
    >>> find_difference(np.array([[1, 2]]), np.array([[1, 3]])).what
    'at [0, 1] your function gives 3 instead of 2 (1 of 2 values differs)'
    >>> find_difference((26, 13), [26, 13]) is None
    True
    """
    if isinstance(expected, np.ndarray) and expected.ndim:
        return _compare_arrays(expected, got, tolerance)
    if isinstance(expected, (list, tuple)):
        return _compare_sequences(expected, got, tolerance, places)
    return _compare_single(
        expected.item() if isinstance(expected, (np.ndarray, np.generic)) else expected, got, tolerance
    )


def _compare_single(expected: Any, got: Any, tolerance: float) -> Difference | None:
    # `np.sum` and the like return single numbers of NumPy.
    value = got.item() if isinstance(got, np.ndarray) and got.ndim == 0 else got
    if _is_number(expected) != _is_number(value) or not (_is_number(value) or type(value) is type(expected)):
        return _build_kind_difference(expected, got)
    right = _is_near(expected, value, tolerance) if _is_number(expected) else expected == value
    return (
        None
        if right
        else _build_difference(f"your function gives {format_value(value)} instead of {format_value(expected)}", expected, value)
    )


def _is_number(value: Any) -> bool:
    # To Python a bool is an int; to a student it isn't a number.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_near(expected: float, value: float, tolerance: float) -> bool:
    return value == expected or (math.isnan(value) and math.isnan(expected)) or abs(value - expected) <= tolerance


def _compare_sequences(
    expected: list[Any] | tuple[Any, ...], got: Any, tolerance: float, places: Sequence[int] = ()
) -> Difference | None:
    # A one-dimensional array answers as well as a list.
    value = got.tolist() if isinstance(got, np.ndarray) and got.ndim == 1 else got
    if not isinstance(value, (list, tuple)):
        return _build_kind_difference(expected, got)
    # Of some items only those must be there: a later one that is missing is another check's.
    if len(value) <= max(places) if places else len(value) != len(expected):
        count = f"{len(value)} value{'s' * (len(value) != 1)}"
        return _build_difference(f"your function gives {count} instead of {len(expected)}", expected, got)
    for index in places or range(len(expected)):
        one, other = expected[index], value[index]
        found = find_difference(one, other, tolerance)
        if found is not None:
            return _build_difference(
                f"at [{index}] your function gives {format_value(other)} instead of {format_value(one)}", expected, got
            )
    return None


def _compare_arrays(expected: Array, got: Any, tolerance: float) -> Difference | None:
    if isinstance(got, (UnreadArray, np.ndarray)) and tuple(got.shape) != expected.shape:
        what = f"your function gives an array of shape {tuple(got.shape)} instead of {expected.shape}"
        margin = _find_lost_margin(expected.shape, tuple(got.shape))
        return Difference(
            what=what, expected=format_value(expected), got=format_value(got), hint=margin, beside=margin is not None
        )
    if not isinstance(got, np.ndarray):
        tensor = isinstance(got, OpaqueValue) and got.name.endswith("Tensor")
        hint = TENSOR_HINT if tensor else LISTS_HINT if isinstance(got, (list, tuple)) else RETURN_HINT if got is None else None
        return Difference(
            what=f"your function gives {describe_kind(got)} instead of an array of numbers",
            expected=format_value(expected),
            got=format_value(got),
            hint=hint,
            beside=True,
        )
    wrong = ~_find_equal(expected, got, tolerance)
    if not wrong.any():
        return None
    at = tuple(int(index) for index in np.argwhere(wrong)[0])
    number = int(wrong.sum())
    others = f" ({number:,} of {wrong.size:,} values differ{'s' * (number == 1)})" if wrong.size > 1 else ""
    gives = f"{format_value(got[at].item())} instead of {format_value(expected[at].item())}"
    what = f"{format_place(at)} your function gives {gives}{others}"
    return Difference(
        what=what,
        expected=format_value(expected, at),
        got=format_value(got, at),
        at=at,
        hint=guess_mistake(expected, got, wrong),
    )


def _find_lost_margin(expected: tuple[int, ...], got: tuple[int, ...]) -> str | None:
    """What to say where only the outermost rows and columns are missing, or were added."""
    if len(expected) < 2 or len(got) != len(expected) or got[2:] != expected[2:]:
        return None
    lost = {one - other for one, other in zip(expected[:2], got[:2], strict=True)}
    if len(lost) != 1 or (many := lost.pop()) % 2 or not many:
        return None
    what = "has no margin" if many > 0 else "has a margin too many"
    return f"Your result {what}: {abs(many)} rows and {abs(many)} columns {'fewer' if many > 0 else 'more'} than the right one."


def _find_equal(expected: Array, got: Array, tolerance: float) -> Array:
    both_nan = np.isnan(expected) & np.isnan(got)
    alike = (expected == got) | both_nan
    if not tolerance:
        return np.asarray(alike)
    with np.errstate(all="ignore"):
        # In float64, since the difference of two uint8 would wrap round.
        return np.asarray(alike | (abs(got.astype(np.float64) - expected.astype(np.float64)) <= tolerance))


def guess_mistake(expected: Array, got: Array, wrong: Array) -> str | None:
    """What a well-known mistake would have made of it.

    >>> one = np.array([[1, 2], [3, 4]])
    >>> guess_mistake(one, one.T, one != one.T)
    'The result is the right one with rows and columns exchanged.'
    """
    with np.errstate(all="ignore"):
        off = got.astype(np.float64)[wrong] - expected.astype(np.float64)[wrong]
    # Any other array has the wrong shape once it is transposed.
    if expected.ndim >= 2 and expected.shape[0] == expected.shape[1] and np.array_equal(expected, got.swapaxes(0, 1)):
        return "The result is the right one with rows and columns exchanged."
    # With uint8, every error is then a multiple of 256.
    if np.isfinite(off).all() and (off % WRAP_SIZE == 0).all():
        inside = expected.min() >= 0 and expected.max() < WRAP_SIZE
        return f"Numbers beyond 0 to 255 have wrapped round: {CLAMP_HINT if inside else KEEP_HINT}."
    if got.dtype.kind == "f" and expected.dtype.kind in "iu" and np.array_equal(np.trunc(got), expected):
        return f"Your array holds fractions; one of the right type cuts them off, as `np.zeros(shape, dtype=np.{expected.dtype})`."
    if (abs(off) < 1).all():
        return "The values are only rounded differently."
    return None


def describe_kind(value: Any) -> str:
    """What a value is, in words.

    >>> describe_kind(None), describe_kind(5), describe_kind((1, 2))
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
            return describe_kind(value.item())
        case np.ndarray() | UnreadArray():
            return f"an array of shape {tuple(value.shape)}"
        case OpaqueValue():
            return str(value)
    return "another kind of object"


def _build_kind_difference(expected: Any, got: Any) -> Difference:
    """Nothing or something of another kind came: no number in it can be compared."""
    what = f"your function gives {describe_kind(got)} instead of {describe_kind(expected)}"
    hint = RETURN_HINT if got is None else None
    return Difference(what=what, expected=format_value(expected), got=format_value(got), hint=hint, beside=True)


def _build_difference(what: str, expected: Any, got: Any) -> Difference:
    return Difference(what=what, expected=format_value(expected), got=format_value(got))
