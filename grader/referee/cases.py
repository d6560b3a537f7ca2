"""The cases of an exercise: those that its author wrote down, and random ones in rising size."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.calls import Argument, Asked, Panel
from grader.cases import GIVES, MOST_RANDOM
from grader.referee.scene import scene
from grader.values import Array

FRESH = 1


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

    def answer(self, expected: Any) -> Case:
        """The case with what is right."""
        return replace(self, expected=expected, answered=True)

    @property
    def size(self) -> int:
        """How much there is to look at: numbers in all arguments."""
        return sum(_size(value) for value in self.arguments)


def _size(value: Any) -> int:
    return int(np.size(value)) if not isinstance(value, (list, tuple)) else sum(map(_size, value))


def fixed(asked: list[Asked], arguments: Mapping[str, Argument], seed: int) -> Iterator[Case]:
    """The cases that are shipped: written ones first, then random ones by the exercise's own seed.

    Raises:
        BadCase: an argument is missing, or its value doesn't fit what the exercise says of it.
    """
    for check in asked:
        for written in check.cases:
            yield of(written, arguments, check.id)
        yield from drawn(check, arguments, [seed], fixed=True)


def fresh(asked: list[Asked], arguments: Mapping[str, Argument], seed: int) -> Iterator[Case]:
    """As many random ones again, by another seed."""
    for check in asked:
        yield from drawn(check, arguments, [seed, FRESH], fixed=False)


def drawn(check: Asked, arguments: Mapping[str, Argument], seed: list[int], *, fixed: bool) -> Iterator[Case]:
    """Random cases, small ones first, so that the first that fails is nearly the smallest."""
    generator = np.random.default_rng([*seed, zlib.crc32(check.id.encode())])
    number = min(check.random, MOST_RANDOM)
    for index in range(number):
        share = (index + 1) / number
        values = tuple(_drawn(argument, generator, share) for argument in arguments.values())
        yield Case(owner=check.id, arguments=values, fixed=fixed)


def _drawn(argument: Argument, generator: np.random.Generator, share: float) -> Any:
    """One random value; `share` is how much of each dimension's span may be used."""
    if argument.choice:
        return made(argument.choice[generator.integers(len(argument.choice))], argument)
    if argument.whole:
        return int(generator.integers(argument.whole[0], argument.whole[1], endpoint=True))
    if argument.number:
        return float(generator.uniform(argument.number[0], argument.number[1]))
    shape = [_dimension(span, generator, share) for span in argument.shape]
    least, most = argument.values
    if np.dtype(argument.array).kind == "f":
        return generator.uniform(least, most, shape).astype(argument.array)
    return generator.integers(int(least), int(most), shape, endpoint=True).astype(argument.array)


def _dimension(span: int | list[int], generator: np.random.Generator, share: float) -> int:
    if isinstance(span, int):
        return span
    least, most = span
    return int(generator.integers(least, least + round((most - least) * share), endpoint=True))


def of(written: Mapping[str, Any], arguments: Mapping[str, Argument], owner: str) -> Case:
    """A case that an author wrote: a mapping from argument to value, and perhaps `gives`.

    Raises:
        BadCase: see `fixed`.
    """
    values = tuple(made(written.get(name), argument, name) for name, argument in arguments.items())
    case = Case(owner=owner, arguments=values)
    return case.answer(_given(written[GIVES])) if GIVES in written else case


def panel(one: Panel, arguments: Mapping[str, Argument]) -> Case:
    """The case behind a picture. Raises: BadCase: see `fixed`."""
    return of(one.case, arguments, "picture")


def made(value: Any, argument: Argument, name: str = "") -> Any:
    """A written value as it is passed.

    `{picture: [rows, columns]}` is the course's picture; where the argument is an array, nested lists become one.

    Raises:
        BadCase: the lists aren't of one length, or hold something other than numbers of the dtype.
    """
    match value:
        case {"picture": [int() as rows, int() as columns, *channels]} if len(channels) < 2:
            return scene(rows, columns, *channels).astype(argument.array or "uint8")
        case _ if argument.array is not None:
            return _array(value, argument.array, name)
        case dict():
            raise BadCase(f"{name}: expected a value or {{picture: [rows, columns]}}, got {value}")
    return value


def _array(value: Any, dtype: str, name: str) -> Array:
    try:
        return np.array(value, dtype=dtype)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadCase(f"{name}: {value} is no array of {dtype} ({error})") from error


def _given(value: Any) -> Any:
    """`gives`: plain data, or `{array: dtype, value: nested lists}`."""
    match value:
        case {"array": str() as dtype, "value": nested}:
            return _array(nested, dtype, GIVES)
    return value
