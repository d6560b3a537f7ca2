"""Compares ordered arrays with a dataset's sequences: which of them each example is, and how the examples were made.

An example is known only if all of its numbers are those that one form, the same for all examples, makes of a sequence. So
neither a label nor anything else about a single sequence can hide in its padding, its place or its numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.data import load_dataset
from grader.protocol.datasets import DatasetSource
from grader.trainer.match.equal_examples import UNKNOWN, assign_examples
from grader.trainer.match.sequence_forms import (
    CountedForm,
    PaddedForm,
    Sequences,
    Vocabulary,
    hash_numbers,
    join_sequences,
    read_whole_numbers,
)

Array = npt.NDArray[Any]
Form = PaddedForm | CountedForm
MIN_SHARE, SURE_SHARE = 0.05, 0.98
SAMPLE = 300
CHUNK_NUMBERS = 4_000_000
# What usually stands for numbers that were left out, or fills up: 0 to 3 as Keras has them.
USUAL_UNKNOWN = (0, 1, 2, 3)
MAX_ONE_HOT = 4096
ONE_HOT_AXES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceRows:
    """Both splits, training sequences first.

    Args:
        joined: all sequences.
        labels: of shape (n,): classes from 0 on.
        train_count: how many of the sequences are the training split's.
    """

    source: DatasetSource
    joined: Sequences
    labels: Array
    train_count: int

    @property
    def name(self) -> str:
        return self.source.about.id

    @property
    def largest(self) -> int:
        return int(self.joined.numbers.max(initial=0))

    def pick_images(self, places: Any) -> Array:
        """Some sequences, by their numbers: an array of arrays."""
        picked = self.joined.take(np.asarray(places))
        made = np.empty(len(picked.lengths), object)
        made[:] = np.split(picked.numbers, np.cumsum(picked.lengths)[:-1]) if len(made) else []
        return made

    def group_labels(self, places: Any) -> tuple[Array, int]:
        """The classes of some sequences, and how many classes there are."""
        return self.labels[places], len(self.source.about.classes)


@functools.lru_cache(maxsize=8)
def load_sequence_rows(source: DatasetSource) -> SequenceRows:
    """The verified sequences; read once, never written to."""
    data = load_dataset(source, verify=True)
    parts = [join_sequences(split) for split in (data.x_train, data.x_test)]
    joined = Sequences(
        numbers=np.concatenate([part.numbers for part in parts]),
        lengths=np.concatenate([part.lengths for part in parts]),
    )
    labels = np.concatenate([data.y_train, data.y_test])
    for array in (joined.numbers, joined.lengths, labels):
        array.flags.writeable = False
    return SequenceRows(source=source, joined=joined, labels=labels, train_count=len(data.x_train))


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceMatch:
    """What was found out; without a form nothing was, and `fault` may say why."""

    source: Array
    labels_wrong_at: Array
    form: Form | None = None
    fault: str = ""

    def transform_sequences(self, sequences: Array) -> Array:
        """Does the same to sequences of the dataset, an array of arrays or of shape (n, length): float32 of the ordered shape."""
        assert self.form is not None
        return self.form.compute_examples(join_sequences(sequences)).astype(np.float32)


def match_sequences(x: Array, labels: Array, rows: SequenceRows) -> SequenceMatch:
    """Compares examples with a dataset's sequences.

    Args:
        x: of shape (n, …), n > 0, of any number type.
        labels: the class of each, -1 where it has none.
    """
    sample = np.unique(np.linspace(0, len(x) - 1, SAMPLE).astype(int))
    form = _choose_form(x, sample, rows, SURE_SHARE)
    if form is None:
        unknown = np.full(len(x), UNKNOWN, np.int32)
        return SequenceMatch(source=unknown, labels_wrong_at=unknown[:0], fault=_find_fault(x[sample]))
    source = _locate_sequences(form, x, labels, rows)
    # Forms may differ in a few sequences only, such as the longest; a second look begins with those that weren't found.
    if len(strange := np.flatnonzero(source == UNKNOWN)):
        sample = np.union1d(sample, strange[np.unique(np.linspace(0, len(strange) - 1, SAMPLE).astype(int))])
        other = _choose_form(x, sample, rows, 1.0)
        if other is not None and other != form:
            found = _locate_sequences(other, x, labels, rows)
            if (found != UNKNOWN).sum() > (source != UNKNOWN).sum():
                form, source = other, found
    wrong = np.flatnonzero((source != UNKNOWN) & (labels != rows.labels[source]))
    return SequenceMatch(source=source, labels_wrong_at=wrong, form=form)


def _choose_form(x: Array, sample: Array, rows: SequenceRows, sure: float) -> Form | None:
    """The form that explains most of a sample; the first one that explains the share `sure` of it."""
    best, best_share = None, MIN_SHARE
    for form in _iter_forms(x, sample, rows):
        share = _measure_share(form, x, sample, rows)
        if share > best_share:
            best, best_share = form, share
        if share >= sure:
            break
    return best


def _locate_sequences(form: Form, x: Array, labels: Array, rows: SequenceRows) -> Array:
    """For each example the number of its sequence, or -1."""
    known, first, groups = np.unique(_hash_all(form, rows), return_index=True, return_inverse=True)
    return assign_examples(_find_groups(form, x, rows, known, first), labels, groups.reshape(-1), rows.labels)


def _find_fault(sample: Array) -> str:
    numbers = read_whole_numbers(sample.reshape(len(sample), -1))
    return "they hold numbers that aren't whole, or are negative" if (numbers < 0).mean() > 1 / 2 else ""


def _iter_forms(x: Array, sample: Array, rows: SequenceRows) -> Iterator[Form]:
    """Ways in which the examples may have been made, likeliest first."""
    shape = x.shape[1:]
    places = shape[-1] if len(shape) == ONE_HOT_AXES - 1 else 0
    one_hot = places if 1 < places <= MAX_ONE_HOT and _is_one_hot(x[sample]) else None
    width = int(np.prod(shape)) // (one_hot or 1)
    given = _read_sample(x[sample], width, one_hot)
    largest = int(given.max(initial=0))
    fills = dict.fromkeys((0, *(_find_commonest(given[:, column]) for column in (0, -1))))
    for vocabulary in _iter_vocabularies(x, one_hot, largest, rows):
        for fill in fills:
            for padding in ("pre", "post"):
                for truncating in ("pre", "post"):
                    yield PaddedForm(
                        vocabulary=vocabulary, width=width, padding=padding, truncating=truncating, value=fill,
                        one_hot=one_hot, shape=shape,
                    )  # fmt: skip
    if one_hot is None and width > 1:
        is_binary = largest <= 1
        below = width if width <= rows.largest else None
        unknowns = (None,) if below is None else (rows.source.about.unknown, None, *USUAL_UNKNOWN)
        for unknown in dict.fromkeys(unknowns):
            for counts in dict.fromkeys((not is_binary, True)):
                vocabulary = Vocabulary(below=below, unknown=unknown)
                yield CountedForm(vocabulary=vocabulary, width=width, counts=counts, shape=shape)


def _iter_vocabularies(x: Array, one_hot: int | None, largest: int, rows: SequenceRows) -> Iterator[Vocabulary]:
    """None cut off first; then those that leave out what is larger than the largest number that was ordered."""
    yield Vocabulary()
    # A sample may lack the largest ones; what one-hot rows leave out shows in their width.
    largest = one_hot - 1 if one_hot is not None else max(largest, _find_largest(x))
    if largest >= rows.largest:
        return
    known = np.unique(rows.joined.numbers)
    below = int(known[np.searchsorted(known, largest, side="right")])
    # The least that leaves out the same: what fills the place of others may itself be the largest.
    for unknown in dict.fromkeys((rows.source.about.unknown, None, *USUAL_UNKNOWN, largest)):
        yield Vocabulary(below=below, unknown=unknown)
        before = known[: np.searchsorted(known, largest)]
        if unknown == largest and len(before):
            yield Vocabulary(below=int(before[-1]) + 1, unknown=unknown)


def _find_largest(x: Array) -> int:
    parts = np.array_split(x, max(1, x.size // CHUNK_NUMBERS))
    return max(int(read_whole_numbers(part.reshape(len(part), -1)).max(initial=0)) for part in parts if len(part))


def _is_one_hot(sample: Array) -> bool:
    return bool(((sample == 0) | (sample == 1)).all() and (sample.sum(axis=-1) == 1).mean() > 1 / 2)


def _read_sample(sample: Array, width: int, one_hot: int | None) -> Array:
    if one_hot is None:
        return read_whole_numbers(sample.reshape(len(sample), -1))
    return np.asarray(sample.reshape(len(sample), width, one_hot).argmax(axis=-1))


def _find_commonest(column: Array) -> int:
    values, counts = np.unique(column, return_counts=True)
    found = int(values[counts.argmax()])
    return found if abs(found) < 2**31 else 0


def _measure_share(form: Form, x: Array, sample: Array, rows: SequenceRows) -> float:
    """The share of a sample that the form explains, where the examples stand as in the dataset, or anywhere."""
    given = form.read(x[sample])
    for offset in (0, rows.train_count):
        places = sample + offset
        here = places < len(rows.labels)
        if here.all() and (form.compute(rows.joined.take(places)) == given).all():
            return 1.0
    return float(np.isin(hash_numbers(given), _hash_all(form, rows)).mean())


def _hash_all(form: Form, rows: SequenceRows) -> Array:
    """Of all sequences, as the form makes them."""
    step = _pick_step(form.width, rows)
    return np.concatenate([
        form.compute_hashes(rows.joined.pick(at, at + step)) for at in range(0, len(rows.labels), step)
    ])  # fmt: skip


def _pick_step(width: int, rows: SequenceRows) -> int:
    longest = max(width, int(rows.joined.lengths.max(initial=1)))
    return max(1, CHUNK_NUMBERS // longest)


def _find_groups(form: Form, x: Array, rows: SequenceRows, known: Array, first: Array) -> Array:
    """For each example which of the different sequences it is, by its hash and then by every number; -1: none."""
    found = np.full(len(x), UNKNOWN, np.int64)
    step = _pick_step(form.width, rows)
    for at in range(0, len(x), step):
        given = form.read(x[at : at + step])
        hashes = hash_numbers(given)
        groups = np.clip(np.searchsorted(known, hashes), 0, len(known) - 1)
        held = (known[groups] == hashes) & (form.compute(rows.joined.take(first[groups])) == given).all(axis=1)
        found[at : at + step] = np.where(held, groups, UNKNOWN)
    return found
