"""How the arrays of an order compare with the canonical dataset: which images they are, and what was done to them.

Images are found by exact content, in any order. What isn't found exactly is unknown, so a label that hides in the
pixels makes an image unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.data import find_source, load_embedded
from grader.protocol.datasets import DatasetDescription, DatasetRef
from grader.records.run import DataMatch
from grader.trainer.match.canonical import UNKNOWN, CanonicalImages, load_canonical_images
from grader.trainer.match.locate import locate_images
from grader.trainer.match.preprocessing import infer_preprocessing, iter_chunks
from grader.trainer.match.resizing import find_resizing
from grader.trainer.match.sequences import SequenceRows, load_sequence_rows, match_sequences
from grader.trainer.match.table_rows import match_rows, number_labels
from grader.trainer.match.tables import TableRows, load_table_rows

Array = npt.NDArray[Any]
MAX_WRONG_LABELS_SHOWN = 10
# A fold or a slice leaves a few gaps in the dataset's own order; by many of them images could be chosen for their labels.
MAX_GAPS = 10
NO_CLASS = -1
TWO = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The result for one order.

    `source` says for each example which image it is: first the training split's, from 0 on, then the test split's;
    -1 unknown. `transform` does to uint8 images of the dataset's shape what was done to these, giving float32 (n, …) of
    the ordered shape; None where that is unknown. `canon` are the dataset's images, where it is known. `about` is
    the dataset that it was compared with. `fault` says why nothing was found, and `free` why what was found isn't to be trained on.
    """

    dataset: str | None
    source: Array
    labels_wrong_at: Array
    preprocessing: str
    transform: Callable[[Array], Array] | None = None
    exact: bool = True
    canon: CanonicalImages | TableRows | SequenceRows | None = None
    about: DatasetDescription | None = None
    fault: str = ""
    free: str = ""

    @property
    def unit(self) -> str:
        """What one example is called."""
        return "image" if self.about is None else self.about.unit

    def refuse_free_scales(self) -> Match:
        """The same of data that is trained on: numbers that were chosen for each column would be weights."""
        if not self.free:
            return self
        unknown = np.full_like(self.source, UNKNOWN)
        return replace(self, dataset=None, source=unknown, labels_wrong_at=unknown[:0], fault=self.free, canon=None)

    def rewrite_inexact_images(self, x: Array) -> Array:
        """`x` (which was matched) with its known images computed anew, where they hold to a tolerance only.

        Otherwise the last bits of an image that was scaled by its own norm could spell its label. It is written into,
        unless it is protected from that, and left as it is where the match is exact.
        """
        if self.exact or self.canon is None or self.transform is None:
            return x
        # An array that the trainer holds for other submissions is read-only.
        x = x if x.flags.writeable else x.copy()
        for rows in iter_chunks(x):
            rows = rows[self.source[rows] != UNKNOWN]  # noqa: PLW2901
            x[rows] = self.transform(self.canon.pick_images(self.source[rows])).astype(x.dtype)
        return x

    def build_data_match(
        self, *, trained_on: int | None = None, validation: str | None = None, turns: int = 0
    ) -> DataMatch:
        """The record for the report, over all examples of the order; its own order may begin anew `turns` times."""
        known = self.source[self.source != UNKNOWN]
        distinct = np.unique(known)
        train = int((distinct < self.canon.train_count).sum()) if self.canon is not None else 0
        return DataMatch(
            dataset=self.dataset,
            examples=len(self.source),
            trained_on=len(self.source) if trained_on is None else trained_on,
            train=train,
            test=len(distinct) - train,
            unknown=len(self.source) - len(known),
            repeated=len(known) - len(distinct),
            labels_wrong=len(self.labels_wrong_at),
            wrong_labels_at=self.labels_wrong_at[:MAX_WRONG_LABELS_SHOWN].tolist(),
            same_order=_is_own_order(known, turns),
            preprocessing=self.preprocessing,
            validation=validation,
            kind="image" if self.about is None else self.about.kind,
            unit=self.unit,
            fault=self.fault,
        )

    def describe_images(self) -> str:
        """The images in words, as for validation data: "10,000 test images"."""
        found = self.build_data_match()
        parts = [
            (getattr(found, kind), f"{word} {self.unit}")
            for kind, word in (("train", "training"), ("test", "test"), ("unknown", "unknown"))
        ]
        return " and ".join(f"{count:,} {word}{'s' * (count != 1)}" for count, word in parts if count) or "no images"


def _is_own_order(known: Array, turns: int) -> bool:
    """Whether images stand in the dataset's own order, but for a few that are left out in a row."""
    steps = np.diff(known)
    return bool((steps <= 0).sum() <= turns and (steps > 1).sum() <= MAX_GAPS)


def match_arrays(x: Array, y: Array, dataset: DatasetRef) -> Match:
    """Compares what was ordered with the dataset, then with the others.

    Args:
        x: the images as they were ordered, of any number type; the first axis counts examples.
        y: the labels, of shape (n,), (n, 1) or one-hot (n, classes).
        dataset: the one that the exercise asks for.
    """
    count = len(x) if x.ndim else 0
    # Booleans are images too, after a threshold such as `x > 127`.
    x = np.ascontiguousarray(x).view(np.uint8) if x.dtype == bool else np.ascontiguousarray(x)
    if count and x[0].size:
        # The wrong dataset is a mistake that the report can name, so the others are tried, too.
        wanted = find_source(dataset)
        if wanted.about.is_table:
            return _match_table(x, y, load_table_rows(wanted))
        if wanted.about.is_sequences:
            return _match_sequences(x, y, load_sequence_rows(wanted))
        for candidate in (wanted, *(other for other in load_embedded().values() if other != wanted)):
            if (found := _compare_with_dataset(x, y, load_canonical_images(candidate))) is not None:
                return found
        if (found := _compare_resized(x, y, load_canonical_images(wanted))) is not None:
            return found
    words = f"images of the shape {x.shape[1:]} that are not the dataset's" if count else "no images"
    source = np.full(count, UNKNOWN, np.int32)
    about = find_source(dataset).about
    return Match(dataset=None, source=source, labels_wrong_at=source[:0], preprocessing=words, about=about)


def _match_table(x: Array, y: Array, rows: TableRows) -> Match:
    class_count = len(rows.source.about.classes)
    classes, odd_labels = normalize_labels(y, len(x), class_count) if class_count else (y, "")
    found = match_rows(x, number_labels(classes, rows, len(x)), rows)
    if not found.columns:
        return Match(
            dataset=None,
            source=found.source,
            labels_wrong_at=found.source[:0],
            preprocessing="",
            about=rows.source.about,
            fault=found.fault,
        )
    return Match(
        dataset=rows.name,
        source=found.source,
        labels_wrong_at=found.labels_wrong_at,
        preprocessing=", ".join(word for word in (found.words, odd_labels) if word),
        transform=found.transform_rows,
        exact=False,
        canon=rows,
        about=rows.source.about,
        free=found.free,
    )


def _match_sequences(x: Array, y: Array, rows: SequenceRows) -> Match:
    labels, odd_labels = normalize_labels(y, len(x), len(rows.source.about.classes))
    found = match_sequences(x, labels, rows)
    known = found.form is not None
    words = (found.form.describe(), odd_labels) if found.form is not None else ()
    return Match(
        dataset=rows.name if known else None,
        source=found.source,
        labels_wrong_at=found.labels_wrong_at,
        preprocessing=", ".join(filter(None, words)),
        transform=found.transform_sequences if known else None,
        # Of floats even a zero has a sign, which whole numbers don't show.
        exact=x.dtype.kind in "iu",
        canon=rows if known else None,
        about=rows.source.about,
        fault=found.fault,
    )


def _compare_with_dataset(x: Array, y: Array, canon: CanonicalImages) -> Match | None:
    """Against one dataset; None where not even part of a sample is found."""
    preparation = infer_preprocessing(x, canon)
    if preparation is None:
        return None
    labels, odd_labels = normalize_labels(y, len(x), canon.class_count)
    source = locate_images(x, labels, canon, preparation)
    known = source != UNKNOWN
    words = (preparation.describe_preprocessing(), odd_labels)
    return Match(
        dataset=canon.name,
        source=source,
        labels_wrong_at=np.flatnonzero(known & (labels != canon.labels[source])),
        preprocessing=", ".join(word for word in words if word),
        transform=preparation.apply_preprocessing,
        exact=preparation.exact,
        canon=canon,
        about=canon.source.about,
    )


def _compare_resized(x: Array, y: Array, canon: CanonicalImages) -> Match | None:
    """Against the dataset's images at the size of these."""
    if (resized := find_resizing(x, canon)) is None:
        return None
    resizing, source = resized
    labels, odd_labels = normalize_labels(y, len(x), canon.class_count)
    return Match(
        dataset=canon.name,
        source=source,
        labels_wrong_at=np.flatnonzero((source != UNKNOWN) & (labels != canon.labels[source])),
        preprocessing=", ".join(filter(None, (resizing.describe(), odd_labels))),
        transform=resizing.transform,
        exact=False,
        canon=canon,
        about=canon.source.about,
    )


def normalize_labels(y: Array, count: int, class_count: int) -> tuple[Array, str]:
    """The labels as int64 of shape (count,), -1 where one isn't a class, and what is odd about them in words.

    Args:
        y: of shape (n,), (n, 1) or one-hot (n, classes).
        count: how many labels there should be; where `y` is shorter, the rest has none.
        class_count: how many classes there are.
    """
    labels = np.full(count, NO_CLASS, np.int64)
    rows = min(len(y), count) if y.ndim else 0
    width = int(np.prod(y.shape[1:])) if y.ndim else 0
    if rows == 0 or width == 0:
        return labels, "no labels"
    flat = y[:rows].reshape(rows, width)
    if width == 1:
        return _normalize_numbers(flat[:, 0], labels, class_count)
    if width <= 4 * class_count:
        return _normalize_one_hot(flat, labels, class_count)
    return labels, f"labels of the shape {y.shape[1:]}"


def _normalize_numbers(values: Array, labels: Array, class_count: int) -> tuple[Array, str]:
    values = values.astype(np.float64)
    if class_count == TWO and is_signed(values):
        labels[: len(values)] = (values + 1) // 2
        return labels, "labels -1 and 1"
    labels[: len(values)] = _round_to_classes(values, class_count)
    # Most are classes, so the rest are wrong labels and not labels on another scale.
    if (labels[: len(values)] >= 0).mean() > 0.5:
        return labels, ""
    # Labels that were scaled like the pixels, or to the range from 0 to 1: the report can then say so.
    for divisor in (255, class_count, class_count - 1):
        if (_round_to_classes(values * divisor, class_count, 1e-3) >= 0).all():
            return labels, f"labels / {divisor}"
    return labels, f"labels that are not whole numbers from 0 to {class_count - 1}"


def is_signed(labels: Array) -> bool:
    """Whether labels are -1 and 1, as some losses have two classes."""
    return bool(np.isin(labels, (-1, 1)).all() and (labels == -1).any())


def _round_to_classes(values: Array, class_count: int, tolerance: float = 0.0) -> Array:
    """Each value as a class, or -1."""
    near = np.rint(np.where(np.isfinite(values), values, NO_CLASS))
    sound = (np.abs(values - near) <= tolerance) & (near >= 0) & (near < class_count)
    return np.where(sound, near, NO_CLASS).astype(np.int64)


def _normalize_one_hot(rows: Array, labels: Array, class_count: int) -> tuple[Array, str]:
    hot = rows.argmax(axis=1)
    sound = (rows == np.eye(rows.shape[1], dtype=rows.dtype)[hot]).all(axis=1) & (hot < class_count)
    labels[: len(rows)] = np.where(sound, hot, NO_CLASS)
    return labels, "one-hot labels" if sound.any() else f"labels of the shape {rows.shape[1:]} that are not one-hot"
