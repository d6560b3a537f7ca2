"""Puts two sequences side by side so that as little as possible differs, as an edit distance does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Left = TypeVar("Left")
Right = TypeVar("Right")
GAP_COST = 1.0


def align(lefts: Sequence[Left], rights: Sequence[Right], cost: Callable[[Left, Right], float]) -> list[tuple[Left | None, Right | None]]:
    """Pairs in the order of both; None stands where the other has nothing beside it.

    Args:
        cost: of a pair; 0 where they are alike. Leaving one of them alone costs 1.

    >>> align("abcd", "abd", lambda one, other: 0.0 if one == other else 1.5)
    [('a', 'a'), ('b', 'b'), ('c', None), ('d', 'd')]
    """
    # What is alike at both ends belongs together; between them every pair has to be looked at.
    begin = 0
    while begin < min(len(lefts), len(rights)) and cost(lefts[begin], rights[begin]) == 0:
        begin += 1
    end = 0
    while end < min(len(lefts), len(rights)) - begin and cost(lefts[-1 - end], rights[-1 - end]) == 0:
        end += 1
    inner = _align_all(lefts[begin : len(lefts) - end], rights[begin : len(rights) - end], cost)
    tail = zip(lefts[len(lefts) - end :], rights[len(rights) - end :], strict=True)
    return [*zip(lefts[:begin], rights[:begin], strict=True), *inner, *tail]


def _align_all(lefts: Sequence[Left], rights: Sequence[Right], cost: Callable[[Left, Right], float]) -> list[tuple[Left | None, Right | None]]:
    costs = [[cost(left, right) for right in rights] for left in lefts]
    # rest[i][j]: what the best alignment costs from here to the end, so that the way can be walked from the beginning.
    rest = [[0.0] * (len(rights) + 1) for _ in range(len(lefts) + 1)]
    for i in range(len(lefts), -1, -1):
        for j in range(len(rights), -1, -1):
            ways = [rest[i + 1][j + 1] + costs[i][j]] if i < len(lefts) and j < len(rights) else []
            ways += [rest[i + 1][j] + GAP_COST] if i < len(lefts) else []
            ways += [rest[i][j + 1] + GAP_COST] if j < len(rights) else []
            rest[i][j] = min(ways, default=0.0)
    pairs: list[tuple[Left | None, Right | None]] = []
    i = j = 0
    while i < len(lefts) or j < len(rights):
        # Of equally good ways the one that pairs first: what is missing of several alike is the last.
        if i < len(lefts) and j < len(rights) and rest[i][j] == rest[i + 1][j + 1] + costs[i][j]:
            pairs.append((lefts[i], rights[j]))
            i, j = i + 1, j + 1
        elif i < len(lefts) and rest[i][j] == rest[i + 1][j] + GAP_COST:
            pairs.append((lefts[i], None))
            i += 1
        else:
            pairs.append((None, rights[j]))
            j += 1
    return pairs
