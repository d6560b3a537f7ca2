"""Gives each ordered example one of the dataset's own, where several of them are equal."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
UNKNOWN = -1


def assign_examples(nearest: Array, labels: Array, groups: Array, numbers: Array) -> Array:
    """For each ordered example the number of the dataset's, or -1; of equal ones each gets one of its own, by label.

    Args:
        nearest: for each ordered example, its group, or -1.
        labels: the number of the label that each was ordered with.
        groups: for each of the dataset's examples, its group: equal ones are one group.
        numbers: the number of the label of each of these.
    """
    free: dict[tuple[int, int], list[int]] = defaultdict(list)
    # From the last one on, as the first is taken first: training examples come before test examples.
    for place in range(len(groups) - 1, -1, -1):
        free[int(groups[place]), int(numbers[place])].append(place)
    source, waiting = np.full(len(nearest), UNKNOWN, np.int32), []
    own = {key: members[-1] for key, members in free.items()}
    for example in np.flatnonzero(nearest != UNKNOWN).tolist():
        members = free.get((int(nearest[example]), int(labels[example])))
        if members:
            source[example] = members.pop()
        else:
            waiting.append(example)
    _place_others(source, waiting, nearest, labels, free, own)
    return source


def _place_others(
    source: Array,
    waiting: list[int],
    nearest: Array,
    labels: Array,
    free: dict[tuple[int, int], list[int]],
    own: dict[tuple[int, int], int],
) -> None:
    """Examples that come once more, or with another label than all that they could be."""
    left: dict[int, list[int]] = defaultdict(list)
    any_of: dict[int, int] = {}
    for (group, _), place in own.items():
        any_of.setdefault(group, place)
    for (group, _), members in free.items():
        left[group] += members
    for example in waiting:
        group = int(nearest[example])
        same = own.get((group, int(labels[example])))
        # One with the right label that came before comes again; else it is one of those that are left.
        source[example] = same if same is not None else left[group].pop() if left[group] else any_of[group]
