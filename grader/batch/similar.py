"""Computes how much of each text another one contains: a hint where to look, never a score.

Names, strings, comments and layout don't count (copydetect makes them alike); what is left is compared in overlapping
passages of a few words, wherever they stand, without those that the stub gave to everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from copydetect.utils import filter_code, hashed_kgrams  # type: ignore[import-untyped]
from numpy.typing import NDArray

# Letters of a passage, after names have become one letter: copydetect's own, about one call with its arguments.
PASSAGE_LENGTH = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """The passages of all texts, one after another.

    Args:
        ids: which passage; equal ones have equal numbers below `kinds`.
        places: where it begins; more than a passage lies between two texts.
        texts: whose it is.
        kinds: how many different ones there are.
    """

    ids: NDArray[np.int64]
    places: NDArray[np.int64]
    texts: NDArray[np.int64]
    kinds: int


def compute_shares(texts: Sequence[str], stub: str = "") -> NDArray[np.float64]:
    """What share of each text, outside the stub, each other one has too.

    It is the share that `copydetect.compare_files` gives for a window of one, for all pairs at once: for 300 files a
    second instead of minutes.

    Args:
        texts: Python code.
        stub: what was given to everybody.

    Returns:
        Shape (n, n), from 0 to 1: at [i, j] what share of text i text j has too; 0 where nothing but the stub is there.
    """
    found = _collect_passages(texts, stub)
    own = _count_covered_letters(found, np.ones(len(found.ids), dtype=bool), len(texts))
    result = np.zeros((len(texts), len(texts)))
    for index in range(len(texts)):
        # A table of flags instead of a set: looking up all passages is one operation of NumPy's.
        known = np.zeros(found.kinds, dtype=bool)
        known[found.ids[found.texts == index]] = True
        result[:, index] = _count_covered_letters(found, known[found.ids], len(texts)) / np.maximum(own, 1)
    return result


def _collect_passages(texts: Sequence[str], stub: str) -> Passages:
    given = _hash_passages(stub)
    hashes, places, owners = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    start = 0
    for index, text in enumerate(texts):
        found = _hash_passages(text)
        own = np.flatnonzero(~np.isin(found, given))
        hashes.append(found[own])
        places.append(own + start)
        owners.append(np.full(len(own), index))
        # The gap keeps a passage at the end of one text from overlapping the next text.
        start += len(found) + 2 * PASSAGE_LENGTH
    kinds, ids = np.unique(np.concatenate(hashes), return_inverse=True)
    return Passages(ids=ids, places=np.concatenate(places), texts=np.concatenate(owners), kinds=len(kinds))


def _hash_passages(text: str) -> NDArray[np.int64]:
    """One for each place where a passage begins."""
    alike, _ = filter_code(text, "submission.py", "python")
    return np.asarray(hashed_kgrams(alike, PASSAGE_LENGTH), dtype=np.int64)


def _count_covered_letters(found: Passages, chosen: NDArray[np.bool_], texts: int) -> NDArray[np.float64]:
    """How many letters of each text the chosen passages cover, of which some overlap."""
    places = found.places[chosen]
    # Each passage covers its length, or only up to the next one where they overlap.
    letters = np.minimum(np.diff(places, append=np.iinfo(np.int64).max), PASSAGE_LENGTH)
    return np.bincount(found.texts[chosen], weights=letters, minlength=texts).astype(np.float64)
