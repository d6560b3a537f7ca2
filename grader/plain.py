"""What a value may be that a student's process sent: exactly what JSON has, neither deep nor long without end."""

from __future__ import annotations

from typing import Any

DEEPEST = 20
MAX_RETURNED = 200_000


def check_plain(value: Any) -> None:
    """Refuses what isn't plain data.

    Raises:
        ValueError: it isn't made of exactly what JSON has, with texts for keys, or is endless.
    """
    level, count = [value], 1
    for _ in range(DEEPEST + 2):
        level = [item for outer in level for item in _inner(outer)]
        count += len(level)
        if count > MAX_RETURNED:
            raise ValueError(f"more than {MAX_RETURNED:,} values")
    if level:
        raise ValueError(f"values nested more than {DEEPEST} deep")


def _inner(value: Any) -> list[Any]:
    kind = type(value)
    if kind is dict and all(type(key) is str for key in value):
        return list(value.values())
    if kind is list:
        found: list[Any] = value
        return found
    if value is None or kind in (bool, int, float, str):
        return []
    raise ValueError(f"a value of the type {kind.__name__}")
