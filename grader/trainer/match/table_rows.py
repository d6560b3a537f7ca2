"""Compares ordered arrays with a table: which row each example is, what its columns are, and what is none of the table's.

A row is known only if each of its columns is a line of one feature, so neither a label nor a row's number can be among
them. What holds to a tolerance is computed anew from the table before anything is trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.trainer.match.columns import Column, find_anchors, find_free_columns, fit_columns, guess_columns
from grader.trainer.match.equal_examples import UNKNOWN, assign_examples
from grader.trainer.match.tables import TableRows

Array = npt.NDArray[Any]
# A feature of few values may have a column for each.
MAX_COLUMNS_EACH = 33
MAX_CANDIDATES = 16
MIN_KNOWN_ROWS = 10
MIN_SHARE, SURE_SHARE = 0.05, 0.98
MAX_ANCHORS = 4
# So near to a line that it is one.
SURE_CORRELATION = 0.9999
SINGLE = float(np.finfo(np.float32).eps)
RAW_SHARE = 1e-4
FREE_SCALES = "a column has a scale of its own, which is no statistic of it and no round number"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMatch:
    """What was found out; `columns` are empty and `fault` says why where a column is none of the table's."""

    source: Array
    labels_wrong_at: Array
    columns: tuple[Column, ...] = ()
    shape: tuple[int, ...] = ()
    words: str = ""
    fault: str = ""
    free: str = ""

    def transform_rows(self, values: Array) -> Array:
        """Does the same to rows of the table, (n, features): float32 of the ordered shape."""
        made = np.stack([column.compute(values) for column in self.columns], axis=1)
        return made.reshape(len(values), *self.shape).astype(np.float32)


def match_rows(x: Array, labels: Array, rows: TableRows) -> RowMatch:
    """Compares examples with a table.

    Args:
        x: of shape (n, …), n > 0, of any number type; everything behind the first axis are columns.
        labels: the number of the label of each, as `number_labels` gives it.
    """
    unknown = np.full(len(x), UNKNOWN, np.int32)
    given = x.reshape(len(x), -1).astype(np.float64)
    fault = ""
    if not 0 < given.shape[1] <= MAX_COLUMNS_EACH * rows.values.shape[1]:
        fault = f"{given.shape[1]:,} columns, and the table has {rows.values.shape[1]:,} features"
        return RowMatch(source=unknown, labels_wrong_at=unknown[:0], fault=fault)
    own = float(np.finfo(x.dtype).eps) if x.dtype.kind == "f" else 0.0
    # Numbers may have been computed in single precision, whatever type they have now.
    for eps in dict.fromkeys((max(own, float(np.finfo(np.float64).eps)), max(own, SINGLE))):
        for columns, told, least in _iter_columns(given, rows, eps):
            fault = fault or told
            if columns is None:
                continue
            source = _locate_rows(given, labels, columns, rows)
            if (source != UNKNOWN).mean() > least:
                return _describe_match(source, labels, columns, rows, x.shape[1:])
    return RowMatch(source=unknown, labels_wrong_at=unknown[:0], fault=fault)


def number_labels(y: Array, rows: TableRows, count: int) -> Array:
    """Which of the table's labels, sorted, each label is; -1 where it is none of them."""
    known = np.unique(rows.labels).astype(np.float64)
    numbers = np.full(count, UNKNOWN, np.int64)
    flat = y.reshape(len(y), -1)[:count].astype(np.float64) if y.ndim and y.size else np.zeros((0, 1))
    if flat.shape[1] != 1:
        return numbers
    values = np.nan_to_num(flat[:, 0], nan=np.inf)
    after = np.clip(np.searchsorted(known, values), 1, max(1, len(known) - 1))
    nearest = np.where(
        np.abs(values - known[after - 1]) <= np.abs(values - known[after % len(known)]), after - 1, after % len(known)
    )
    room = 4 * SINGLE * np.abs(known).max()
    numbers[: len(values)] = np.where(np.abs(values - known[nearest]) <= room, nearest, UNKNOWN)
    return numbers


def _iter_columns(given: Array, rows: TableRows, eps: float) -> Iterator[tuple[list[Column] | None, str, float]]:
    """Ways to read the columns, likeliest first, each with the share of rows that it has to explain.

    Where a column is none of the table's, None and why.
    """
    count, total = len(given), len(rows.values)
    alignments = [
        (np.arange(count), np.arange(count) + offset) for offset in (0, rows.train_count) if count + offset <= total
    ]
    for here, places in alignments:
        yield *_read_columns(given[here], rows, places, eps), MIN_SHARE
    anchors = []
    for anchor in find_anchors(given, rows, eps):
        anchors.append(anchor)
        if len(anchors) == MAX_ANCHORS:
            break
    if anchors:
        numbers, columns = [number for number, _ in anchors], [column for _, column in anchors]
        here, places = _find_sure_rows(given[:, numbers], columns, rows)
        if len(here) >= min(MIN_KNOWN_ROWS, count):
            yield *_read_columns(given[here], rows, places, eps), MIN_SHARE
    for guessed in guess_columns(given, rows, eps):
        complete = [column for column in guessed if column is not None]
        if len(complete) == len(guessed):
            yield complete, "", SURE_SHARE


def _read_columns(given: Array, rows: TableRows, places: Array, eps: float) -> tuple[list[Column] | None, str]:
    columns = fit_columns(given, rows, places, eps)
    complete = [column for column in columns if column is not None]
    if len(complete) == len(columns):
        return complete, ""
    # Where no column is a feature these aren't the rows, and nothing can be said of them.
    if not any(column.slope for column in complete):
        return None, ""
    number = columns.index(None)
    kind = _describe_strange(given[:, number], rows.labels[places], places)
    return None, f"column {number + 1} of {len(columns)} {kind}"


def _describe_strange(column: Array, labels: Array, places: Array) -> str:
    """What a column is that is no feature."""
    if _is_line(column, labels) or _follows_classes(column, labels):
        return "is the label, or was made from it"
    if _is_line(column, places) or _is_line(column, np.arange(len(column))):
        return "is the number of the row"
    return "is none of the table's features, nor one that was scaled"


def _is_line(column: Array, other: Array) -> bool:
    if not np.isfinite(column).all() or np.ptp(column) == 0 or np.ptp(other) == 0:
        return False
    return bool(abs(np.corrcoef(column, other)[0, 1]) > SURE_CORRELATION)


def _follows_classes(column: Array, labels: Array) -> bool:
    """Whether a column has few values, and the same one for the same label."""
    values = np.unique(labels)
    if len(values) > len(labels) / 2 or len(np.unique(column)) < 2:
        return False
    return all(np.ptp(column[labels == value]) == 0 for value in values)


# ---- rows ----


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeyedRows:
    """Different rows as they would be ordered, sorted by a sum that tells them apart.

    Args:
        made: of shape (groups, columns); equal rows are one group.
        groups: for each row of the table, its group.
        slack: of shape (columns,): how far a cell may be off.
    """

    made: Array
    groups: Array
    keys: Array
    order: Array
    weights: Array
    slack: Array

    def find_groups(self, given: Array) -> tuple[Array, Array]:
        """For each example the group that it is nearest to, -1: none; and in how many it could be."""
        keys = given @ self.weights
        # Sums are rounded, too.
        room = float(self.weights @ self.slack) * (1 + 1e-9) + 64 * np.finfo(np.float64).eps * np.abs(self.keys).max()
        first, last = np.searchsorted(self.keys, keys - room), np.searchsorted(self.keys, keys + room, side="right")
        nearest, distance = np.full(len(given), UNKNOWN), np.full(len(given), np.inf)
        count = np.zeros(len(given), int)
        for attempt in range(MAX_CANDIDATES):
            open_ = np.flatnonzero(last - first > attempt)
            if len(open_) == 0:
                break
            candidates = self.order[first[open_] + attempt]
            away = np.abs(given[open_] - self.made[candidates])
            held = (away <= self.slack).all(axis=1)
            count[open_] += held
            far = (away / np.maximum(self.slack, 1e-300)).max(axis=1)
            better = held & (far < distance[open_])
            nearest[open_[better]], distance[open_[better]] = candidates[better], far[better]
        return nearest, count


def _key_rows(columns: Sequence[Column], rows: TableRows) -> _KeyedRows:
    made = np.stack([column.compute(rows.values) for column in columns], axis=1)
    made, groups = np.unique(made, axis=0, return_inverse=True)
    # Columns of any size count alike; a random factor keeps two different rows from the same sum.
    factors = np.random.default_rng(11).uniform(1, 2, made.shape[1])
    weights = factors / np.maximum(np.ptp(made, axis=0), 1e-300)
    weights[np.ptp(made, axis=0) == 0] = 0
    keys = made @ weights
    order = np.argsort(keys, kind="stable")
    slack = np.array([column.slack for column in columns])
    return _KeyedRows(made=made, groups=groups.reshape(-1), keys=keys[order], order=order, weights=weights, slack=slack)


def _find_sure_rows(given: Array, columns: Sequence[Column], rows: TableRows) -> tuple[Array, Array]:
    """The examples that can be one row only, by some of their columns, and those rows."""
    keyed = _key_rows(columns, rows)
    nearest, count = keyed.find_groups(given)
    sizes = np.bincount(keyed.groups, minlength=len(keyed.made))
    first = np.zeros(len(keyed.made), int)
    first[keyed.groups[::-1]] = np.arange(len(keyed.groups))[::-1]
    sure = np.flatnonzero((count == 1) & (sizes[nearest] == 1))
    return sure, first[nearest[sure]]


def _locate_rows(given: Array, labels: Array, columns: Sequence[Column], rows: TableRows) -> Array:
    """For each example the number of its row, or -1; of rows that are equal each example gets one of its own, by label."""
    keyed = _key_rows(columns, rows)
    nearest, _ = keyed.find_groups(given)
    numbers = number_labels(rows.labels, rows, len(rows.labels))
    return assign_examples(nearest, labels, keyed.groups, numbers)


def _describe_match(
    source: Array, labels: Array, columns: list[Column], rows: TableRows, shape: tuple[int, ...]
) -> RowMatch:
    known = source != UNKNOWN
    right = number_labels(rows.labels, rows, len(rows.labels))
    names = rows.source.about.features
    free = find_free_columns(columns, rows, source[known])
    told = ", ".join(
        columns[number].derived.words.format(names[columns[number].derived.feature])
        if columns[number].slope
        else f"column {number + 1}"
        for number in free
    )
    return RowMatch(
        source=source,
        labels_wrong_at=np.flatnonzero(known & (labels != right[source])),
        columns=tuple(columns),
        shape=shape,
        words=_describe_columns(columns, rows),
        free=f"{FREE_SCALES}: {told}" if free else "",
    )


def _describe_columns(columns: Sequence[Column], rows: TableRows) -> str:
    names = rows.source.about.features
    used = [column.derived.words.format(names[column.derived.feature]) for column in columns if column.slope]
    raw = all(
        abs(column.slope - 1) < RAW_SHARE and abs(column.offset) < RAW_SHARE for column in columns if column.slope
    )
    chosen = "all columns" if used == list(names) else f"columns {', '.join(used)}"
    return f"{chosen}{'' if raw else ', scaled'}"
