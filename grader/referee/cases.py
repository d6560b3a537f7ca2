"""The cases of a plain function: fixed and random ones, the picture they filter, and the author's reference for what is right."""

from __future__ import annotations

import copy
import importlib.util
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from grader.courses.exercise import MAX_RANDOM_CASES, RESULT_KEY
from grader.protocol.calls import AskedCheck, FunctionArgument, Panel
from grader.protocol.values import Array, is_same_value

# Keeps the fresh cases apart from the fixed ones, even where both seeds are equal.
FRESH_SEED = 1


class BadCase(Exception):
    """A case in `exercise.yaml` can't be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One call: its arguments, what is right, and for which check it was made (`picture` for a panel)."""

    owner: str
    arguments: tuple[Any, ...]
    expected: Any = None
    answered: bool = False
    fixed: bool = True

    def fill_expected(self, expected: Any) -> Case:
        """The case with what is right."""
        return replace(self, expected=expected, answered=True)

    @property
    def size(self) -> tuple[int, float]:
        """How much there is to look at: numbers in all arguments, and how large they are."""
        return sum(map(_count_numbers, self.arguments)), sum(map(_sum_sizes, self.arguments))


def _count_numbers(value: Any) -> int:
    return int(np.size(value)) if not isinstance(value, (list, tuple)) else sum(map(_count_numbers, value))


def _sum_sizes(value: Any) -> float:
    """The sum of single numbers; those in arrays are seen at a glance whatever they are."""
    return abs(value) if isinstance(value, (int, float)) else 0.0


def iter_fixed_cases(asked: list[AskedCheck], arguments: Mapping[str, FunctionArgument], seed: int) -> Iterator[Case]:
    """The cases that are shipped: written ones first, then random ones by the exercise's own seed.

    Raises:
        BadCase: an argument is missing, or its value doesn't fit what the exercise says of it.
    """
    for check in asked:
        for written in check.cases:
            yield build_case(written, arguments, check.id)
        yield from draw_cases(check, arguments, [seed], fixed=True)


def iter_fresh_cases(asked: list[AskedCheck], arguments: Mapping[str, FunctionArgument], seed: int) -> Iterator[Case]:
    """As many random ones again, by another seed."""
    for check in asked:
        yield from draw_cases(check, arguments, [seed, FRESH_SEED], fixed=False)


def draw_cases(
    check: AskedCheck, arguments: Mapping[str, FunctionArgument], seed: list[int], *, fixed: bool
) -> Iterator[Case]:
    """Random cases, small ones first, so that the first that fails is nearly the smallest."""
    # By check, so that other checks don't change its cases; crc32, since `hash` differs in each process.
    generator = np.random.default_rng([*seed, zlib.crc32(check.id.encode())])
    number = min(check.random, MAX_RANDOM_CASES)
    for index in range(number):
        share = (index + 1) / number
        values = tuple(_draw_value(argument, generator, share) for argument in arguments.values())
        yield Case(owner=check.id, arguments=values, fixed=fixed)


def _draw_value(argument: FunctionArgument, generator: np.random.Generator, share: float) -> Any:
    """One random value; `share` is how much of each dimension's span may be used."""
    if argument.choice:
        return build_value(argument.choice[generator.integers(len(argument.choice))], argument)
    if argument.whole:
        return _draw_dimension(argument.whole, generator, share)
    if argument.number:
        return float(generator.uniform(argument.number[0], argument.number[1]))
    shape = [_draw_dimension(span, generator, share) for span in argument.shape]
    least, most = argument.values
    if np.dtype(argument.array).kind == "f":
        return generator.uniform(least, most, shape).astype(argument.array)
    return generator.integers(int(least), int(most), shape, endpoint=True).astype(argument.array)


def _draw_dimension(span: int | list[int], generator: np.random.Generator, share: float) -> int:
    if isinstance(span, int):
        return span
    least, most = span
    return int(generator.integers(least, least + round((most - least) * share), endpoint=True))


def build_case(written: Mapping[str, Any], arguments: Mapping[str, FunctionArgument], owner: str) -> Case:
    """A case that an author wrote: a mapping from argument to value, and perhaps `gives`.

    Raises:
        BadCase: see `iter_fixed_cases`.
    """
    values = tuple(build_value(written.get(name), argument, name) for name, argument in arguments.items())
    case = Case(owner=owner, arguments=values)
    return case.fill_expected(_build_expected(written[RESULT_KEY])) if RESULT_KEY in written else case


def build_panel_case(one: Panel, arguments: Mapping[str, FunctionArgument]) -> Case:
    """The case behind a picture. Raises: BadCase: see `iter_fixed_cases`."""
    return build_case(one.case, arguments, "picture")


def build_value(value: Any, argument: FunctionArgument, name: str = "") -> Any:
    """A written value as it is passed.

    `{picture: [rows, columns]}` is the course's picture; where the argument is an array, nested lists become one.

    Raises:
        BadCase: the lists aren't of one length, or hold something other than numbers of the dtype.
    """
    match value:
        case {"picture": [int() as rows, int() as columns, *channels]} if len(channels) < 2:
            return draw_scene(rows, columns, *channels).astype(argument.array or "uint8")
        case _ if argument.array is not None:
            return _build_array(value, argument.array, name)
        case dict():
            raise BadCase(f"{name}: expected a value or {{picture: [rows, columns]}}, got {value}")
    return value


def _build_array(value: Any, dtype: str, name: str) -> Array:
    try:
        return np.array(value, dtype=dtype)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadCase(f"{name}: {value} is no array of {dtype} ({error})") from error


def _build_expected(value: Any) -> Any:
    """`gives`: plain data, or `{array: dtype, value: nested lists}`."""
    match value:
        case {"array": str() as dtype, "value": nested}:
            return _build_array(nested, dtype, RESULT_KEY)
    return value


def draw_scene(rows: int, columns: int, channels: int = 0) -> Array:
    """A house on a hill under a striped sky, with stairs: flat parts, slopes, lines upright, level and oblique.

    Args:
        channels: 3 for colours, 0 for a grey picture.

    Returns:
        uint8, shape (rows, columns) or (rows, columns, channels).

    >>> draw_scene(4, 5).shape, draw_scene(4, 5, 3).dtype
    ((4, 5), dtype('uint8'))
    """
    # Drawn on a grid of 512 by 512 in any case, so that every size shows the same scene.
    y, x = np.mgrid[0:rows, 0:columns] * 512.0 / np.array([rows, columns])[:, None, None]
    grey = 225 - y / 4 - 30 * (np.floor(y / 24) % 2) * (y < 200)  # sky
    tint = np.stack([grey - 40, grey - 10, grey + 25])
    hill = y > 300 + 60 * np.sin(x / 90)
    tint = np.where(hill, np.stack([70 + x / 12, 110 + x / 12, 60 + x / 16]), tint)
    sun = (x - 410) ** 2 + (y - 90) ** 2 < 45**2
    tint = np.where(sun, np.array([250, 235, 120.0])[:, None, None], tint)
    wall = (abs(x - 200) < 90) & (y > 220) & (y < 400)
    tint = np.where(wall, np.array([190, 150, 120.0])[:, None, None], tint)
    roof = (y > 120) & (y <= 220) & (abs(x - 200) < (y - 120) * 1.15)
    tint = np.where(roof, np.array([150, 60, 50.0])[:, None, None], tint)
    for across in (140, 200, 260):
        tint = np.where((abs(x - across) < 16) & (abs(y - 280) < 22), np.array([40, 55, 80.0])[:, None, None], tint)
    stairs = (x > 300) & (y > 500 - 22 * np.floor((x - 300) / 26))
    tint = np.where(stairs, 60 + 18 * (np.floor((x - 300) / 26) % 8), tint)
    picture = np.clip(tint, 0, 255).astype(np.uint8)
    return np.moveaxis(picture, 0, -1) if channels else picture.mean(axis=0).astype(np.uint8)


class BadReference(Exception):
    """`reference.py` can't be used; the message says why."""


class ReferenceFunction:
    """A function that gives what is right.

    Raises:
        BadReference: the file can't be run, or defines no such function.
    """

    def __init__(self, path: Path, function: str) -> None:
        spec = importlib.util.spec_from_file_location("reference", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        try:
            # The author's own file, trusted like the rest of the course.
            spec.loader.exec_module(module)
        except Exception as error:
            raise BadReference(f"it fails while loading ({type(error).__name__}: {error})") from error
        if not callable(getattr(module, function, None)):
            raise BadReference(f"it defines no function {function}()")
        self._function: Callable[..., Any] = getattr(module, function)

    def compute_expected(self, case: Case) -> Case:
        """The case with what is right.

        Raises:
            BadReference: the reference fails, changes its arguments, or differs from what the case `gives`.
        """
        # A copy, so that a reference that writes into its arguments is noticed.
        given = copy.deepcopy(case.arguments)
        try:
            value = self._function(*given)
        except Exception as error:
            raise BadReference(f"it fails ({type(error).__name__}: {error}) for {case.arguments}") from error
        if not all(map(is_same_value, given, case.arguments)):
            raise BadReference(f"it changes its arguments: {case.arguments}")
        if case.answered and not np.array_equal(np.asarray(value), np.asarray(case.expected)):
            raise BadReference(f"for {case.arguments} it gives {value}, but the case says `gives: {case.expected}`")
        return case.fill_expected(value)
