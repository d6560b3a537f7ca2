"""What students make of sequences before they train on them: padded and cut rows of numbers, or which numbers are in each.

A form is the same for all sequences: no part of it can say anything about a single one, such as its label.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
End = Literal["pre", "post"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequences:
    """Some sequences, one behind the other.

    Args:
        numbers: of all of them, int32.
        lengths: how many of the numbers are each one's.
    """

    numbers: Array
    lengths: Array

    @property
    def starts(self) -> Array:
        return np.cumsum(self.lengths) - self.lengths

    def pick(self, first: int, last: int) -> Sequences:
        """Those from one place to before another."""
        begin, end = int(self.lengths[:first].sum()), int(self.lengths[:last].sum())
        return Sequences(numbers=self.numbers[begin:end], lengths=self.lengths[first:last])

    def take(self, places: Array) -> Sequences:
        """Those at some places."""
        lengths = self.lengths[places]
        return Sequences(numbers=self.numbers[_iter_places(self.starts[places], lengths)], lengths=lengths)


def join_sequences(sequences: Array) -> Sequences:
    """An array of arrays, or sequences of one length, behind each other."""
    if sequences.dtype != object:
        return Sequences(
            numbers=sequences.reshape(-1).astype(np.int32), lengths=np.full(len(sequences), sequences.shape[1])
        )
    lengths = np.fromiter(map(len, sequences), np.int64, len(sequences))
    numbers = np.concatenate([np.zeros(0, np.int32), *sequences]).astype(np.int32)
    return Sequences(numbers=numbers, lengths=lengths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Which numbers are kept.

    Args:
        below: smaller ones are; None: all.
        unknown: what stands in the place of the others; None: nothing does.
    """

    below: int | None = None
    unknown: int | None = None

    def keep_numbers(self, given: Sequences) -> Sequences:
        """The sequences with the numbers that are kept."""
        if self.below is None:
            return given
        kept = given.numbers < self.below
        if self.unknown is not None:
            numbers = np.where(kept, given.numbers, np.int32(self.unknown))
            return Sequences(numbers=numbers, lengths=given.lengths)
        owners = np.repeat(np.arange(len(given.lengths)), given.lengths)[kept]
        return Sequences(numbers=given.numbers[kept], lengths=np.bincount(owners, minlength=len(given.lengths)))

    def describe(self) -> str:
        if self.below is None:
            return ""
        return f"numbers below {self.below:,}" + ("" if self.unknown is None else f", others as {self.unknown}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaddedForm:
    """Rows of one length, as `pad_sequences` makes them; with an axis more where each number became one-hot.

    Args:
        width: the length.
        padding: at which end what is missing is filled up with `value`.
        truncating: at which end what is too much is cut off.
        one_hot: how many places each number has there.
        shape: of one example, as it was ordered.
    """

    vocabulary: Vocabulary
    width: int
    padding: End
    truncating: End
    value: int
    one_hot: int | None = None
    shape: tuple[int, ...]

    def compute(self, given: Sequences) -> Array:
        """Rows of numbers, int32 of shape (n, width)."""
        given = self.vocabulary.keep_numbers(given)
        rows = np.full((len(given.lengths), self.width), self.value, np.int32)
        kept = np.minimum(given.lengths, self.width)
        first = given.starts + (given.lengths - kept if self.truncating == "pre" else 0)
        begin = np.arange(len(rows)) * self.width + (self.width - kept if self.padding == "pre" else 0)
        rows.reshape(-1)[_iter_places(begin, kept)] = given.numbers[_iter_places(first, kept)]
        return rows

    def compute_examples(self, given: Sequences) -> Array:
        """Examples of the ordered shape."""
        rows = self.compute(given)
        if self.one_hot is not None:
            rows = (rows[..., np.newaxis] == np.arange(self.one_hot)).astype(np.int32)
        return rows.reshape(len(rows), *self.shape)

    def read(self, examples: Array) -> Array:
        """Ordered examples as rows of numbers, int64 of shape (n, width); what is none of its kind becomes -2**62."""
        if self.one_hot is None:
            return read_whole_numbers(examples.reshape(len(examples), -1))
        places = examples.reshape(len(examples), self.width, self.one_hot)
        found = places.argmax(axis=-1)
        hot = (np.count_nonzero(places, axis=-1) == 1) & (places.max(axis=-1) == 1)
        return np.where(hot, found, NO_NUMBER)

    def compute_hashes(self, given: Sequences) -> Array:
        return hash_numbers(self.compute(given))

    def describe(self) -> str:
        said = f"padded ({self.padding}) and cut ({self.truncating}) to {self.width:,}"
        return ", ".join(filter(None, (self.vocabulary.describe(), said, "" if self.one_hot is None else "one-hot")))


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedForm:
    """For each number whether it is in a sequence, or how often, as `vectorize_sequences` or a `Tokenizer` write it.

    Args:
        width: how many numbers there are.
        counts: how often, instead of whether.
        shape: of one example, as it was ordered.
    """

    vocabulary: Vocabulary
    width: int
    counts: bool
    shape: tuple[int, ...]

    def compute(self, given: Sequences) -> Array:
        """Int32 of shape (n, width)."""
        given = self.vocabulary.keep_numbers(given)
        owners = np.repeat(np.arange(len(given.lengths)), given.lengths)
        held = given.numbers < self.width
        places = owners[held] * self.width + given.numbers[held]
        rows = np.bincount(places, minlength=len(given.lengths) * self.width)
        made = rows.reshape(-1, self.width).astype(np.int32)
        return made if self.counts else np.minimum(made, 1)

    def compute_examples(self, given: Sequences) -> Array:
        """Examples of the ordered shape."""
        return self.compute(given).reshape(-1, *self.shape)

    def read(self, examples: Array) -> Array:
        """Ordered examples as rows of numbers; what is none of its kind becomes -2**62."""
        return read_whole_numbers(examples.reshape(len(examples), -1))

    def compute_hashes(self, given: Sequences) -> Array:
        return hash_numbers(self.compute(given))

    def describe(self) -> str:
        said = f"{'how often' if self.counts else 'whether'} each of {self.width:,} numbers is in it"
        return ", ".join(filter(None, (self.vocabulary.describe(), said)))


NO_NUMBER = -(2**62)


def read_whole_numbers(rows: Array) -> Array:
    """Numbers as int64, with -2**62 for each that isn't whole; none is rounded."""
    if rows.dtype.kind in "iu":
        # Numbers from 2**63 on become negative, which those of a sequence never are.
        return rows.astype(np.int64)
    finite = np.isfinite(rows) & (np.abs(rows) < 2**53)
    whole = np.where(finite, rows, 0.5).astype(np.float64)
    return np.where(whole == np.rint(whole), whole, NO_NUMBER).astype(np.int64)


def hash_numbers(rows: Array) -> Array:
    """One uint64 for each row; a collision costs time only, since every hit is compared."""
    factors = _draw_factors(rows.shape[1])
    # Zero counts as well, so that a row of another place isn't the same.
    return np.asarray(((rows.astype(np.int64).astype(np.uint64) + np.uint64(1)) * factors).sum(axis=1, dtype=np.uint64))


@functools.lru_cache(maxsize=16)
def _draw_factors(width: int) -> Array:
    return np.random.Generator(np.random.PCG64(29)).integers(0, 2**63, width, dtype=np.uint64) * 2 + 1


def _iter_places(first: Array, lengths: Array) -> Array:
    """The numbers from each of `first` on, as many as `lengths` says, behind each other."""
    total = int(lengths.sum())
    begin = np.repeat(first - (np.cumsum(lengths) - lengths), lengths)
    return np.asarray(begin + np.arange(total))
