"""A training's curve as one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.-=+*#@"


def sparkline(values: Sequence[float], width: int = 30, steps: str = BLOCKS) -> str:
    """Low to high blocks, one per value; more values than fit are thinned, the first and last kept.

    >>> sparkline([0.95, 0.985, 0.99, 0.993, 0.998])
    '▁▆▇▇█'
    >>> sparkline([1.0, float("nan"), 2.0])
    '▁ █'
    """
    shown = thinned(values, width)
    finite = [value for value in shown if math.isfinite(value)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    span = high - low or 1.0
    return "".join(
        steps[round((value - low) / span * (len(steps) - 1))] if math.isfinite(value) else " " for value in shown
    )


def thinned(values: Sequence[float], most: int) -> list[float]:
    """At most `most` of the values at even distances, the first and the last among them.

    >>> thinned([0, 1, 2, 3, 4, 5, 6], 3)
    [0, 3, 6]
    """
    if len(values) <= most or most < 2:
        return list(values[:most])
    return [values[round(index * (len(values) - 1) / (most - 1))] for index in range(most)]
