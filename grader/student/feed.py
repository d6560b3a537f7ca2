"""Turns whatever `fit` accepts as data into NumPy arrays for an order, cast as Keras casts them."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import keras
import numpy as np
from msgspec import structs

from grader.protocol.array_digest import compute_digest
from grader.protocol.arrays import ITEM_SIZES, ArraySpec, OrderedSpec, Role, check_same_form

MAX_PIPELINE_BYTES = 3_000_000_000
PORTION_VALUES = 1 << 18


@dataclass(slots=True)
class Cargo:
    """The arrays of an order in sending order, each with its spec, including the type in which it is sent."""

    specs: list[OrderedSpec] = field(default_factory=list)
    buffers: list[np.ndarray[Any, Any]] = field(default_factory=list)

    def add_arrays(self, role: Role, data: Any) -> None:
        """Flattens `data` (an array, or a list or dict of arrays) under one role."""
        for leaf in keras.tree.flatten(data):
            array, dtype = _to_numbers(leaf)
            # Cast at once, so that the error points to the student's `fit` and doesn't end a message in its middle.
            if _can_casting_raise():
                array = np.ascontiguousarray(array, dtype)
            self.specs.append(OrderedSpec(dtype=dtype, shape=list(array.shape), role=role))
            self.buffers.append(array)

    def skip_held(self, held: Sequence[OrderedSpec]) -> None:
        """Names by its digest what the trainer holds already, which is then not sent."""
        for place, (spec, array) in enumerate(zip(self.specs, self.buffers, strict=True)):
            # Hashing takes time, so only arrays of a held one's type and shape are hashed at all.
            alike = {other.digest for other in held if (other.dtype, other.shape) == (spec.dtype, spec.shape)}
            if alike and (found := compute_digest(spec, _iter_portions(spec, array))) in alike:
                self.specs[place] = structs.replace(spec, digest=found)

    def iter_portions(self) -> Iterator[memoryview]:
        """The bytes that are sent, one array after another."""
        for spec, array in zip(self.specs, self.buffers, strict=True):
            if spec.follows:
                yield from _iter_portions(spec, array)


def _iter_portions(spec: ArraySpec, array: np.ndarray[Any, Any]) -> Iterator[memoryview]:
    """An array's bytes, cast bit by bit: to get memory for the whole takes longer than to cast."""
    rows = max(1, len(array) * PORTION_VALUES // max(1, array.size))
    for start in range(0, len(array), rows):
        yield np.ascontiguousarray(array[start : start + rows], spec.dtype).reshape(-1).view(np.uint8).data


def to_array(data: Any) -> np.ndarray[Any, Any]:
    """A C-contiguous array; floating types become Keras's float type, as Keras's own array adapter does."""
    array, dtype = _to_numbers(data)
    return np.ascontiguousarray(array, dtype)


def _to_numbers(data: Any) -> tuple[np.ndarray[Any, Any], Any]:
    """An array with one axis at least, and the type in which it is trained on."""
    array = np.asarray(data)
    # Arrays of objects, for example of mixed numbers, can't be sent; as floats they can.
    if array.dtype == object:
        array = np.asarray(data, dtype=keras.config.floatx())
    dtype = keras.config.floatx() if np.issubdtype(array.dtype, np.floating) else array.dtype.name
    if dtype not in ITEM_SIZES:
        raise ValueError(f"data of type {array.dtype} can't be trained on; use numbers")
    return array if array.ndim else array.reshape(1), dtype


def _can_casting_raise() -> bool:
    """Whether a number that is too large or too small would end the sending in its middle: the student may want that."""
    told = {"raise", "call", "log"} & set(np.geterr().values())
    return bool(told) or any(kind[0] == "error" for kind in warnings.filters)


def is_pipeline(x: Any) -> bool:
    """Whether `x` yields batches (tf.data, generator, PyDataset) instead of being arrays."""
    if isinstance(x, (np.ndarray, list, tuple, dict)) or keras.ops.is_tensor(x):
        return False
    return isinstance(x, (keras.utils.PyDataset, Iterator)) or (
        isinstance(x, Iterable) and not hasattr(x, "__array__") and not hasattr(x, "to_numpy")
    )


class Pipeline:
    """Draws one epoch's batches at a time from a dataset, generator or PyDataset.

    Args:
        source: what the student passed as `x`.
        steps: batches per epoch, or None for "until it ends".
        shuffle: whether a PyDataset's batches are shuffled, as `fit` does by default.
    """

    def __init__(self, source: Any, steps: int | None, *, shuffle: bool = False) -> None:
        self.source = source
        self.steps = steps
        self.shuffle = shuffle
        self.passes = 0
        self.first: list[OrderedSpec] = []
        # With steps given, Keras goes on where the last epoch stopped instead of beginning anew.
        self.endless = iter(source) if isinstance(source, Iterator) or steps is not None else None

    def draw_epoch(self) -> tuple[Cargo, list[int]]:
        """The next epoch's arrays, joined over its batches, and the rows of each batch.

        Raises:
            ValueError: there are none, or they are of another kind than in the first epoch.
        """
        cargo = Cargo()
        columns: dict[Role, list[list[np.ndarray[Any, Any]]]] = {}
        rows: list[int] = []
        for batch in self._iter_batches():
            x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
            rows.append(len(to_array(keras.tree.flatten(x)[0])))
            parts: tuple[tuple[Role, Any], ...] = (("x", x), ("y", y), ("sample_weight", weight))
            for role, part in parts:
                if part is not None:
                    columns.setdefault(role, []).append([to_array(leaf) for leaf in keras.tree.flatten(part)])
        if not rows:
            raise ValueError("the dataset that was passed to fit() is empty")
        for role, batches in columns.items():
            cargo.add_arrays(role, [np.concatenate(parts) for parts in zip(*batches, strict=True)])
        self.first = self.first or cargo.specs
        # A pass of another form couldn't continue the same training.
        check_same_form(self.first, cargo.specs)
        return cargo, rows

    def _iter_batches(self) -> Iterator[Any]:
        total = 0
        for batch in self._iter_source():
            total += sum(to_array(leaf).nbytes for leaf in keras.tree.flatten(batch) if leaf is not None)
            if total > MAX_PIPELINE_BYTES:
                raise ValueError("the dataset doesn't end; pass steps_per_epoch= to fit(), or remove .repeat()")
            yield batch

    def _iter_source(self) -> Iterator[Any]:
        if isinstance(self.source, keras.utils.PyDataset):
            order = list(range(self.steps or self.source.num_batches))
            if self.shuffle:
                # Python's generator, so that a seed which the student has set decides, as it does in Keras.
                random.shuffle(order)
            return (self.source[index % self.source.num_batches] for index in order)
        if self.endless is not None:
            return islice(self.endless, self.steps)
        if self.passes:
            iter(self.source)  # Keras makes an iterator more between epochs, which a reshuffling dataset notices
        self.passes += 1
        return iter(self.source)
