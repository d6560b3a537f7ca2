"""Where the words beside the line to cross go, so that no curve runs through them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal

Point = tuple[float, float]
LETTER_WIDTH, HEIGHT, GAP = 5.6, 12, 5  # of letters of 11 units
AIR = 3  # half of a curve's line, and of a dot


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPlace:
    """A text's place: of its beginning or its end, and of its letters' feet."""

    x: float
    y: float
    anchor: Literal["start", "end"]

    def find_box(self, width: float) -> tuple[float, float, float, float]:
        """Left, right, top and bottom."""
        left = self.x if self.anchor == "start" else self.x - width
        return left - AIR, left + width + AIR, self.y - HEIGHT - AIR, self.y + AIR


def place_label(text: str, line_y: float, curves: Sequence[Sequence[Point]], edges: tuple[float, float, float]) -> LabelPlace:
    """Above the line or below it, left or right: the first place that is free, else the one that fewest curves run through.

    Args:
        curves: their points; NaN where a figure is missing.
        edges: of the chart, left, right and bottom.
    """
    left, right, bottom = edges
    above, below = line_y - GAP, line_y + HEIGHT + GAP - 2
    heights = [above] + ([below] if below < bottom - HEIGHT else [])
    ends: tuple[tuple[float, Literal["start", "end"]], ...] = ((left + 6, "start"), (right - 2, "end"))
    places = [LabelPlace(x=x, y=round(y, 1), anchor=anchor) for y, (x, anchor) in product(heights, ends)]
    width = LETTER_WIDTH * len(text)
    return min(places, key=lambda place: sum(_runs_through(points, place.find_box(width)) for points in curves))


def _runs_through(points: Iterable[Point], box: tuple[float, float, float, float]) -> bool:
    left, right, top, bottom = box
    for (x, y), (to_x, to_y) in pairwise(points):
        start, end = max(x, left), min(to_x, right)
        if start > end or math.isnan(y) or math.isnan(to_y):
            continue
        slope = (to_y - y) / (to_x - x) if to_x > x else 0.0
        heights = (y + slope * (start - x), y + slope * (end - x))
        if min(heights) <= bottom and max(heights) >= top:
            return True
    return False
