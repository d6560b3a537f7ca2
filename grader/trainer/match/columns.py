"""Which feature of a table each ordered column is, and the line by which it was scaled.

A column that is a line of one feature, the same for all rows, can hold no label. Which lines are honest is another
question: slopes chosen freely for each column would hold the weights of a layer, made beforehand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.trainer.match.tables import Derived, TableRows, iter_kinds, list_features, list_functions

Array = npt.NDArray[Any]
# As for images: libraries add up in different orders, and pandas reads numbers by a quicker way than others.
TOLERANCE_ULPS, HALF_ULPS, HALF = 64, 2, 1e-4
# A column is what most of the rows show; a row in which it isn't is unknown.
MIN_COLUMN_SHARE = 0.9
# How many of the smallest and largest values of a feature may be those of the ordered column, of which rows may be missing.
MAX_EXTREMES = 32
FEW_VALUES, MANY_VALUES = 16, 200
# Two features may be lines of each other, such as a size in two units.
MAX_COPIES = 2
MAX_TRIED, MAX_PAIRS = 30, 100_000
EXACT_SHARE, LIKE_SHARE, EXTREME_SHARE = 1e-3, 0.25, 1e-6
PLAIN_DIGITS, PLAIN_SHARE = (1.0, 2.0, 5.0, 10.0), 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`slope` · what became of a feature + `offset`, give or take `slack`; one number everywhere has the slope 0."""

    derived: Derived
    slope: float
    offset: float
    slack: float

    def compute(self, values: Array) -> Array:
        """Of rows of shape (n, features): float64 of shape (n,)."""
        return (
            self.slope * self.derived.compute(values) + self.offset if self.slope else np.full(len(values), self.offset)
        )


def compute_slack(slope: Any, offset: Any, largest: Any, eps: float) -> Any:
    """How far rounding may lead off a line, whose terms may be much larger than their sum."""
    # In half precision so many units would be a large part of all that there is.
    return (HALF_ULPS if eps > HALF else TOLERANCE_ULPS) * eps * (np.abs(slope) * largest + np.abs(offset))


def fit_columns(given: Array, rows: TableRows, places: Array, eps: float) -> list[Column | None]:
    """For each column of some examples, whose rows are known, what it is; None where no feature explains it."""
    features = list_features(rows)
    values = rows.values[places]
    found: list[Column | None] = []
    for number, column in enumerate(given.T):
        found.append(_fit_column(column, features, values, eps, first=number))
        # Where none of so many columns is a feature, these aren't the rows.
        if number + 1 >= MAX_TRIED and not any(each.slope for each in found if each is not None):
            return found + [None] * (given.shape[1] - number - 1)
    more = [*list_functions(rows), *iter_kinds(rows)]
    if found.count(None) * len(more) > MAX_PAIRS:
        return found
    return [column or _fit_column(given[:, number], more, values, eps) for number, column in enumerate(found)]


def _fit_column(column: Array, known: Sequence[Derived], values: Array, eps: float, first: int = 0) -> Column | None:
    """The feature of which the column is a line in most rows; of several the one in the same place, or the first."""
    if (column == column[0]).all():
        return Column(derived=known[0], slope=0.0, offset=float(column[0]), slack=0.0) if known else None
    # The feature in the column's own place is tried first, since it is the commonest.
    for derived in (*known[first : first + 1], *known[:first], *known[first + 1 :]):
        feature = derived.compute(values)
        low, high = int(feature.argmin()), int(feature.argmax())
        if feature[low] == feature[high] or column[low] == column[high]:
            continue
        slope = (column[high] - column[low]) / (feature[high] - feature[low])
        offset = column[low] - slope * feature[low]
        slack = compute_slack(slope, offset, np.abs(feature).max(), eps)
        if (np.abs(column - slope * feature - offset) <= slack).mean() >= MIN_COLUMN_SHARE:
            return Column(derived=derived, slope=float(slope), offset=float(offset), slack=float(slack))
    return None


# ---- columns of rows that aren't known ----


def find_anchors(given: Array, rows: TableRows, eps: float) -> Iterator[tuple[int, Column]]:
    """Columns that can be one line of one feature only, whatever rows they are of: by their values alone."""
    known = [
        (derived, np.unique(derived.compute(rows.values))) for derived in (*list_features(rows), *list_functions(rows))
    ]
    for number, column in enumerate(given.T[:MAX_TRIED]):
        values = np.unique(column[np.isfinite(column)])
        if len(values) < FEW_VALUES:
            continue
        lines = [
            (each, candidates, *line) for each, candidates in known for line in _find_lines(values, candidates, eps)
        ]
        if len(lines) == 1:
            derived, candidates, slope, offset = lines[0]
            slack = compute_slack(slope, offset, np.abs(candidates).max(), eps)
            yield number, Column(derived=derived, slope=slope, offset=offset, slack=float(slack))


def guess_columns(given: Array, rows: TableRows, eps: float) -> Iterator[list[Column | None]]:
    """Each column as a feature that was scaled as usual, by all rows; for tables of few values, which fit many lines."""
    if given.shape[1] > MAX_TRIED or not np.isfinite(given).all():
        return
    features = list_features(rows)
    for part in (rows.values[: rows.train_count], rows.values):
        for centre, width in _list_usual_lines(part):
            slopes = 1 / np.where(width == 0, 1, width)
            slack = compute_slack(slopes, centre * slopes, np.abs(rows.values).max(axis=0), eps)
            lines = [
                Column(derived=each, slope=float(slope), offset=float(-middle * slope), slack=float(room))
                for each, slope, middle, room in zip(features, slopes, centre, slack, strict=True)
            ]
            yield [_guess_column(column, lines, rows, number) for number, column in enumerate(given.T)]
    ends = [[_join_ends(column, each, rows, eps) for each in features] for column in given.T]
    yield [
        _guess_column(column, lines, rows, number)
        for number, (column, lines) in enumerate(zip(given.T, ends, strict=True))
    ]


def _join_ends(column: Array, derived: Derived, rows: TableRows, eps: float) -> Column:
    """The line from a feature's smallest and largest value to the column's, as few values are nearly always all there."""
    feature = derived.compute(rows.values)
    slope = np.ptp(column) / max(np.ptp(feature), 1e-300)
    offset = column.min() - slope * feature.min()
    slack = compute_slack(slope, offset, np.abs(feature).max(), eps)
    return Column(derived=derived, slope=float(slope), offset=float(offset), slack=float(slack))


def _guess_column(column: Array, lines: Sequence[Column], rows: TableRows, first: int) -> Column | None:
    """A line that leads to nearly all of a column's values, rather that of the column's own place."""
    values = np.unique(column)
    if len(values) == 1:
        return Column(derived=lines[0].derived, slope=0.0, offset=float(values[0]), slack=0.0)
    held: list[tuple[int, Column]] = []
    for line in (*lines[first : first + 1], *lines[:first], *lines[first + 1 :]):
        candidates = np.unique(line.compute(rows.values))
        if len(candidates) > 1 and (_measure_distances(values, candidates) <= line.slack).mean() >= MIN_COLUMN_SHARE:
            held.append((len(candidates), line))
    # Of the features that have all of these values, the one with the fewest others.
    return min(held, key=lambda each: each[0])[1] if held else None


def _list_usual_lines(part: Array) -> Iterator[tuple[Array, Array]]:
    """Centres and widths of a part of a table as scalers take them."""
    zeros, smallest, largest = np.zeros(part.shape[1]), part.min(axis=0), part.max(axis=0)
    yield zeros, zeros + 1
    for degrees in (0, 1):
        yield part.mean(axis=0), part.std(axis=0, ddof=degrees)
    yield smallest, largest - smallest
    yield zeros, largest
    yield zeros, np.abs(part).max(axis=0)


def _measure_distances(values: Array, candidates: Array) -> Array:
    """From each value to the nearest of the sorted candidates."""
    after = np.clip(np.searchsorted(candidates, values), 1, len(candidates) - 1)
    return np.asarray(np.minimum(np.abs(values - candidates[after - 1]), np.abs(values - candidates[after])))


def _find_lines(values: Array, candidates: Array, eps: float) -> list[tuple[float, float]]:
    """Lines that lead from some of a feature's values to nearly all of a column's.

    The column's smallest and largest value belong to two of the feature's outermost ones, as only few rows are missing.
    """
    if not FEW_VALUES <= len(values) <= len(candidates) / MIN_COLUMN_SHARE:
        return []
    lows, highs = candidates[:MAX_EXTREMES], candidates[-MAX_EXTREMES:]
    low, high = (side.ravel() for side in np.meshgrid(lows, highs))
    low, high = low[low < high], high[low < high]
    found: list[tuple[float, float]] = []
    for start, end in ((low, high), (high, low)):
        slopes = (values[-1] - values[0]) / (end - start)
        offsets = values[0] - slopes * start
        for count in (FEW_VALUES, MANY_VALUES):
            # Most lines are wrong, which a few values show already.
            shown = values[np.unique(np.linspace(0, len(values) - 1, count).astype(int))]
            room = compute_slack(slopes, offsets, np.abs(candidates).max(), eps) / np.abs(slopes)
            distances = _measure_distances((shown - offsets[:, None]) / slopes[:, None], candidates)
            right = (distances <= room[:, None]).mean(axis=1) >= MIN_COLUMN_SHARE
            slopes, offsets = slopes[right], offsets[right]
        found += zip(slopes.tolist(), offsets.tolist(), strict=True)
    return found


# ---- which lines are honest ----


def find_free_columns(columns: Sequence[Column], rows: TableRows, ordered: Array) -> list[int]:
    """The columns that bring numbers of their own.

    Args:
        ordered: the numbers of the rows that were ordered: whoever trains on a part may have scaled by that part.
    """
    copies = Counter((column.derived.feature, column.derived.words) for column in columns if column.slope)
    # One number everywhere is a bias, or a kind that doesn't occur; a feature many times would bring many offsets.
    return [
        number
        for number, column in enumerate(columns)
        if (
            copies[column.derived.feature, column.derived.words] > MAX_COPIES
            if column.slope
            else column.offset not in (0.0, 1.0)
        )
    ] or _find_free_slopes(columns, rows, ordered)


def _find_free_slopes(columns: Sequence[Column], rows: TableRows, ordered: Array) -> list[int]:
    """The columns whose scale is no statistic of their feature, no round number, and not the same for all columns."""
    scaled = [column for column in columns if column.slope]
    slopes = np.array([abs(column.slope) for column in scaled])
    turned = {column.slope < 0 for column in scaled}
    if len(slopes) and len(turned) == 1 and np.ptp(slopes) <= EXACT_SHARE * slopes.max():
        return []
    parts = [rows.values[: rows.train_count], rows.values, rows.values[ordered]]
    widths = [np.stack([_list_widths(column.derived.compute(part)) for part in parts]) for column in columns]
    sizes = np.array([1 / abs(column.slope) if column.slope else np.nan for column in columns])
    # A scaler may have seen rows that aren't ordered, so one kind of width for all columns needn't hold exactly.
    near = [np.abs(size / width[0] - 1) <= LIKE_SHARE for size, width in zip(sizes, widths, strict=True)]
    if (
        len(turned) == 1
        and np.all([each for each, column in zip(near, columns, strict=True) if column.slope], axis=0).any()
    ):
        return []
    return [
        number
        for number, (column, width) in enumerate(zip(columns, widths, strict=True))
        if column.slope
        and not (
            is_plain(column.slope) or (len(turned) == 1 and (np.abs(sizes[number] / width - 1) <= EXACT_SHARE).any())
        )
        and not _joins_extremes(column, rows)
    ]


def _joins_extremes(column: Column, rows: TableRows) -> bool:
    """Whether a line leads from one of the outermost values to another, as scaling to the range of any part of the rows does."""
    values = np.unique(column.derived.compute(rows.values))
    # Whoever divides by the largest value leaves zero where it is.
    lows, highs = np.append(values[:MAX_EXTREMES], 0.0), values[-MAX_EXTREMES:]
    room = EXTREME_SHARE * np.ptp(values)
    for bottom in (0.0, -1.0):
        start, end = ((made - column.offset) / column.slope for made in (bottom, 1.0))
        if column.slope > 0 and np.abs(lows - start).min() <= room and np.abs(highs - end).min() <= room:
            return True
    return False


def _list_widths(feature: Array) -> Array:
    """By what a scaler may divide a feature."""
    low, middle, high = np.percentile(feature, (25, 50, 75))
    smallest, largest = feature.min(), feature.max()
    span = largest - smallest
    deviations = feature.std(), feature.std(ddof=1)
    widths = [*deviations, span, span / 2, max(abs(smallest), abs(largest)), abs(largest), high - low, abs(feature.mean()),
              abs(middle), math.sqrt(float((feature**2).sum()))]  # fmt: skip
    # A width of nothing is none; `inf` is like no slope.
    return np.array([width if width > 0 else np.inf for width in widths])


def is_plain(slope: float) -> bool:
    """Whether a slope is one that people write: 1, 2 or 5 with zeros, or to divide by a number of two digits with zeros.

    >>> is_plain(1.0), is_plain(1 / 1000), is_plain(1 / 150), is_plain(0.37), is_plain(-1.0)
    (True, True, True, False, False)
    """
    if slope <= 0 or not math.isfinite(slope):
        return False
    digits, divisor = (number / 10.0 ** math.floor(math.log10(number) + 1e-9) for number in (slope, 1 / slope))
    tidy = abs(10 * divisor / round(10 * divisor) - 1) <= PLAIN_SHARE
    return tidy or any(abs(digits / plain - 1) <= PLAIN_SHARE for plain in PLAIN_DIGITS)
