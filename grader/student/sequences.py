"""A course's own sequences as students get them: lists as in Keras's own datasets, and `load_data` with its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.data import Dataset, load_dataset
from grader.protocol.datasets import DatasetSource


def convert_to_lists(sequences: Any) -> Any:
    """An array of lists, as the file has them and as `load_data` of Keras gives them; padded sequences stay an array."""
    if sequences.dtype != object:
        return sequences
    lists = np.empty(len(sequences), object)
    lists[:] = [sequence.tolist() for sequence in sequences]
    return lists


def make_sequence_loader(source: DatasetSource) -> Callable[..., Any]:
    """A `load_data` like those of `keras.datasets.imdb` and `keras.datasets.reuters`."""

    def load_data(
        path: Any = None,  # noqa: ARG001 - the data is here, wherever a file looks for it
        num_words: int | None = None,
        maxlen: int | None = None,
        seed: Any = None,  # noqa: ARG001 - Keras shuffles by it; these sequences have an order of their own
        start_char: Any = None,  # noqa: ARG001 - the numbers are final: nothing is put in front of them
        oov_char: int | None = source.about.unknown,
        index_from: Any = None,  # noqa: ARG001 - likewise, nothing is added to them
    ) -> Any:
        """Sequences and labels of both splits.

        Args:
            num_words: only smaller numbers are kept.
            maxlen: sequences of this length, and longer ones, are left out.
            oov_char: what stands in the place of numbers that aren't kept; None: nothing does.
        """
        return tuple(
            _select_sequences(*pair, num_words=num_words, maxlen=maxlen, unknown=oov_char)
            for pair in _list_splits(load_dataset(source))
        )

    return load_data


def _list_splits(data: Dataset) -> list[tuple[Any, Any]]:
    return [(data.x_train, data.y_train), (data.x_test, data.y_test)]


def _select_sequences(
    sequences: Any, labels: Any, *, num_words: int | None, maxlen: int | None, unknown: int | None
) -> tuple[Any, Any]:
    if maxlen is not None:
        kept = np.array([len(sequence) < maxlen for sequence in sequences], bool)
        if not kept.any():
            raise ValueError(f"maxlen={maxlen} leaves no sequence; each has at least {min(map(len, sequences))} numbers")
        sequences, labels = sequences[kept], labels[kept]
    if num_words is None:
        return convert_to_lists(sequences), labels
    if unknown is not None and sequences.dtype != object:
        return np.where(sequences < num_words, sequences, unknown), labels
    lists = np.empty(len(sequences), object)
    lists[:] = [_replace_words(sequence.tolist(), num_words, unknown) for sequence in sequences]
    return lists, labels


def _replace_words(sequence: list[int], num_words: int, unknown: int | None) -> list[int]:
    if unknown is None:
        return [number for number in sequence if number < num_words]
    return [number if number < num_words else unknown for number in sequence]
