"""Turns whatever `fit` accepts as data into NumPy arrays for an order, cast as Keras casts them."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow.trainer import TFEpochIterator
from keras.src.trainers.data_adapters import TFDatasetAdapter, get_data_adapter
from keras.src.trainers.epoch_iterator import EpochIterator
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


def list_input_names(x: Any) -> list[str] | None:
    """The inputs' names, in the order in which Keras flattens them; None where they have none."""
    return sorted(x) if isinstance(x, dict) else None


def is_pipeline(x: Any) -> bool:
    """Whether `x` yields batches (tf.data, generator, PyDataset) instead of being arrays."""
    if isinstance(x, (np.ndarray, list, tuple, dict)) or keras.ops.is_tensor(x):
        return False
    return isinstance(x, (keras.utils.PyDataset, Iterator)) or (
        isinstance(x, Iterable) and not hasattr(x, "__array__") and not hasattr(x, "to_numpy")
    )


class Pipeline:
    """Draws one epoch's batches at a time from a dataset, generator or PyDataset, with Keras's own iterator of epochs.

    Args:
        source: what the student passed as `x`.
        steps: batches per epoch, or None for "until it ends".
        shuffle: whether a PyDataset's batches are shuffled, as `fit` does by default.
    """

    def __init__(self, source: Any, steps: int | None, *, shuffle: bool = False) -> None:
        self.first: list[OrderedSpec] = []
        self.names: list[str] | None = None
        self.epochs = _build_epochs(source, steps, shuffle=shuffle)
        # What has no length, or another one than an epoch, goes on where the last epoch ended; all else begins anew.
        self.goes_on = steps is not None and self.epochs.data_adapter.num_batches != steps

    def draw_epoch(self) -> tuple[Cargo, list[int]]:
        """The next epoch's arrays, joined over its batches, and the rows of each batch: none where the data ran out.

        Raises:
            ValueError: there are none in the first epoch, or they are of another kind than there.
        """
        cargo = Cargo()
        columns: dict[Role, list[list[np.ndarray[Any, Any]]]] = {}
        rows: list[int] = []
        for batch in self._draw_batches():
            x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
            rows.append(len(to_array(keras.tree.flatten(x)[0])))
            self.names = list_input_names(x)
            parts: tuple[tuple[Role, Any], ...] = (("x", x), ("y", y), ("sample_weight", weight))
            for role, part in parts:
                if part is not None:
                    columns.setdefault(role, []).append([to_array(leaf) for leaf in keras.tree.flatten(part)])
        if not rows:
            return self._build_empty_epoch(), rows
        for role, batches in columns.items():
            cargo.add_arrays(role, [np.concatenate(parts) for parts in zip(*batches, strict=True)])
        self.first = self.first or cargo.specs
        # A pass of another form couldn't continue the same training.
        check_same_form(self.first, cargo.specs)
        return cargo, rows

    def _build_empty_epoch(self) -> Cargo:
        if not self.first:
            raise ValueError("the dataset that was passed to fit() is empty")
        cargo = Cargo()
        for spec in self.first:
            cargo.add_arrays(spec.role, np.empty((0, *spec.shape[1:]), spec.dtype))
        return cargo

    def _draw_batches(self) -> list[Any]:
        drawn: list[Any] = []
        total = 0
        # As `fit` does it: an epoch may end early, and the next one then begins as Keras lets it.
        with self.epochs.catch_stop_iteration():
            for *_, given in self.epochs.enumerate_epoch():
                for batch in given if isinstance(given, list) else [next(given)]:
                    total += sum(to_array(leaf).nbytes for leaf in keras.tree.flatten(batch) if leaf is not None)
                    if total > MAX_PIPELINE_BYTES:
                        raise ValueError("the dataset doesn't end; pass steps_per_epoch= to fit(), or remove .repeat()")
                    drawn.append(batch)
        return drawn


def _build_epochs(source: Any, steps: int | None, *, shuffle: bool) -> Any:
    """Keras's iterator over the epochs of a pipeline. Raises: ValueError: Keras doesn't take it."""
    # Keras 2 took every iterator, which TF 1 files rely on.
    if isinstance(source, Iterator) and not isinstance(source, (types.GeneratorType, keras.utils.PyDataset)):
        source = (batch for batch in source)
    adapter = get_data_adapter(source, steps_per_epoch=steps, shuffle=shuffle and isinstance(source, keras.utils.PyDataset))
    # Its workers only fetch batches ahead: in the sandbox that would be more processes for the same batches.
    if isinstance(source, keras.utils.PyDataset):
        adapter.enqueuer = None
        adapter.get_tf_dataset()  # as `fit` does, which looks at two batches: a dataset may count what it has given
    if isinstance(adapter, TFDatasetAdapter):  # of which TensorFlow makes an iterator more between epochs than NumPy's path
        epochs = TFEpochIterator(x=adapter, steps_per_epoch=steps, distribute_strategy=tf.distribute.get_strategy())
    else:
        epochs = EpochIterator(x=adapter, steps_per_epoch=steps)
    epochs.reset()
    return epochs
