"""How the arrays of an order compare with the canonical dataset: which images they are, and what was done to them.

Images are found by exact content, in any order. What isn't found exactly is unknown, so a label that hides in the
pixels makes an image unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.data import NAMES
from grader.run import DataMatch
from grader.trainer.match_canonical import TRAIN, UNKNOWN, Canonical, canonical
from grader.trainer.match_labels import whole_labels
from grader.trainer.match_locate import locate
from grader.trainer.match_understand import chunks, understand

Array = npt.NDArray[Any]
MAX_SHOWN = 10
# A fold or a slice leaves a few gaps in the dataset's own order; by many of them images could be chosen for their labels.
MOST_GAPS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The result for one order.

    `source` says for each example which image it is: 0 to 59,999 of the training split, 60,000 to 69,999 of the test
    split, -1 unknown. `transform` does to uint8 images (n, 28, 28) what was done to these, giving float32 (n, …) of
    the ordered shape; None where that can't be told.
    """

    dataset: str | None
    source: Array
    labels_wrong_at: Array
    preprocessing: str
    transform: Callable[[Array], Array] | None = None
    exact: bool = True

    def written_anew(self, x: Array) -> Array:
        """`x` (which was matched) with its known images computed anew, where they hold to a tolerance only.

        Otherwise the last bits of an image that was scaled by its own norm could spell its label. It is written into,
        unless it is protected from that, and left as it is where the match is exact.
        """
        if self.exact or self.dataset is None or self.transform is None:
            return x
        x = x if x.flags.writeable else x.copy()
        images = canonical(self.dataset).images
        for rows in chunks(x):
            rows = rows[self.source[rows] != UNKNOWN]  # noqa: PLW2901
            x[rows] = self.transform(images[self.source[rows]]).astype(x.dtype)
        return x

    def data_match(self, *, trained_on: int | None = None, validation: str | None = None) -> DataMatch:
        """The record for the report, over all examples of the order."""
        known = self.source[self.source != UNKNOWN]
        distinct = np.unique(known)
        return DataMatch(
            dataset=self.dataset,
            examples=len(self.source),
            trained_on=len(self.source) if trained_on is None else trained_on,
            train=int((distinct < TRAIN).sum()),
            test=int((distinct >= TRAIN).sum()),
            unknown=len(self.source) - len(known),
            repeated=len(known) - len(distinct),
            labels_wrong=len(self.labels_wrong_at),
            wrong_labels_at=self.labels_wrong_at[:MAX_SHOWN].tolist(),
            same_order=_is_own_order(known),
            preprocessing=self.preprocessing,
            validation=validation,
        )

    def summary(self) -> str:
        """The images in words, as for validation data: "10,000 test images"."""
        found = self.data_match()
        parts = ((found.train, "training image"), (found.test, "test image"), (found.unknown, "unknown image"))
        return " and ".join(f"{count:,} {word}{'s' * (count != 1)}" for count, word in parts if count) or "no images"


def _is_own_order(known: Array) -> bool:
    """Whether images stand in the dataset's own order, but for a few that are left out in a row."""
    steps = np.diff(known)
    return bool((steps > 0).all() and (steps > 1).sum() <= MOST_GAPS)


def match(x: Array, y: Array, dataset_name: str) -> Match:
    """Compares what was ordered with the dataset, then with the others.

    Args:
        x: the images as they were ordered, of any number type; the first axis counts examples.
        y: the labels, of shape (n,), (n, 1) or one-hot (n, classes).
        dataset_name: the dataset that the exercise asks for.
    """
    count = len(x) if x.ndim else 0
    labels, odd_labels = whole_labels(y, count)
    x = np.ascontiguousarray(x).view(np.uint8) if x.dtype == bool else np.ascontiguousarray(x)
    if count and x[0].size:
        for name in (dataset_name, *(name for name in NAMES if name != dataset_name)):
            if (found := _compare(x, labels, odd_labels, canonical(name))) is not None:
                return found
    words = f"images of the shape {x.shape[1:]} that are not the dataset's" if count else "no images"
    source = np.full(count, UNKNOWN, np.int32)
    return Match(dataset=None, source=source, labels_wrong_at=source[:0], preprocessing=words)


def _compare(x: Array, labels: Array, odd_labels: str, canon: Canonical) -> Match | None:
    """Against one dataset; None where not even part of a sample is found."""
    preparation = understand(x, canon)
    if preparation is None:
        return None
    source = locate(x, labels, canon, preparation)
    known = source != UNKNOWN
    words = (preparation.describe(), odd_labels)
    return Match(
        dataset=canon.name,
        source=source,
        labels_wrong_at=np.flatnonzero(known & (labels != canon.labels[source])),
        preprocessing=", ".join(word for word in words if word),
        transform=preparation.transform,
        exact=preparation.exact,
    )
