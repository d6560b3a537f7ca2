"""The rows of a table in one array, and what students make of its columns before they scale them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.data import load_dataset
from grader.protocol.datasets import DatasetSource

Array = npt.NDArray[Any]
# A column of so few values may stand for kinds of things, each of which gets a column of its own.
MAX_KINDS = 32
ORDER_GROUPS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
    """Both splits, training rows first.

    Args:
        values: the features as float64 of shape (n, features).
        labels: of shape (n,): classes from 0 on as int64, or any numbers as float64.
        train_count: how many of the rows are the training split's.
    """

    source: DatasetSource
    values: Array
    labels: Array
    train_count: int

    @property
    def name(self) -> str:
        return self.source.about.id

    def pick_images(self, places: Any) -> Array:
        """Some rows, by their numbers."""
        return np.asarray(self.values[places])

    def group_labels(self, places: Any) -> tuple[Array, int]:
        """The classes of some rows, and how many classes there are; numbers are put into groups of the same size."""
        if self.source.about.classes:
            return self.labels[places], len(self.source.about.classes)
        bounds = np.quantile(self.labels, np.linspace(0, 1, ORDER_GROUPS + 1)[1:-1])
        return np.searchsorted(bounds, self.labels[places]), ORDER_GROUPS


@functools.lru_cache(maxsize=8)
def load_table_rows(source: DatasetSource) -> TableRows:
    """The verified table; read once, never written to."""
    data = load_dataset(source, verify=True)
    values, labels = np.concatenate([data.x_train, data.x_test]), np.concatenate([data.y_train, data.y_test])
    for array in (values, labels):
        array.flags.writeable = False
    return TableRows(source=source, values=values, labels=labels, train_count=len(data.x_train))


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What one feature became before it was scaled: itself, its logarithm, whether it has a certain value.

    Args:
        feature: its number.
        words: how a report writes it, with {} for the feature's name.
        function: of an array of values.
    """

    feature: int
    words: str
    function: Callable[[Array], Array]

    def compute(self, values: Array) -> Array:
        """Of rows of shape (n, features): float64 of shape (n,)."""
        with np.errstate(all="ignore"):
            return np.asarray(self.function(values[:, self.feature]), np.float64)


FUNCTIONS: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("log({})", np.log),
    ("log1p({})", np.log1p),
    ("sqrt({})", np.sqrt),
    ("{} squared", np.square),
)


def list_features(rows: TableRows) -> list[Derived]:
    """The features as they are."""
    return [Derived(feature=number, words="{}", function=np.asarray) for number in range(rows.values.shape[1])]


def list_functions(rows: TableRows) -> list[Derived]:
    """Logarithms and the like of the features that have them."""
    made = [
        Derived(feature=number, words=words, function=function)
        for number in range(rows.values.shape[1])
        for words, function in FUNCTIONS
    ]
    return [derived for derived in made if np.isfinite(derived.compute(rows.values)).all()]


def iter_kinds(rows: TableRows) -> Iterator[Derived]:
    """Whether a feature of few values has each of them, as `get_dummies` writes it."""
    for number, column in enumerate(rows.values.T):
        kinds = np.unique(column)
        if len(kinds) <= MAX_KINDS:
            for kind in kinds.tolist():
                yield Derived(feature=number, words=f"{{}} == {kind:g}", function=functools.partial(np.equal, kind))
