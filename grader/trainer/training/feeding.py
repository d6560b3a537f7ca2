"""The arrays of an order on the trainer's side: what `fit` gets, whole or batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from grader.protocol.arrays import ArraySpec, OrderedSpec, Role
from grader.protocol.channel import Channel
from grader.protocol.orders import Order

Array = np.ndarray[Any, Any]


class OrderArrays:
    """An order's arrays by role.

    Args:
        specs: the specs in sending order.
        values: the arrays, in the same order.
    """

    def __init__(self, specs: Sequence[ArraySpec], values: Sequence[Array]) -> None:
        self.by_role: dict[Role, list[Array]] = {}
        for spec, value in zip(specs, values, strict=True):
            self.by_role.setdefault(spec.role, []).append(value)

    def find_by_role(self, role: Role, names: list[str] | None = None) -> Any:
        """One array, a list of several, a dict where the inputs were named, or None."""
        values = self.by_role.get(role)
        if values is None:
            return None
        if names is not None and len(names) == len(values):
            return dict(zip(names, values, strict=True))
        return values[0] if len(values) == 1 else values

    def take_none(self) -> OrderArrays:
        """Arrays of the same form without examples."""
        none = OrderArrays([], [])
        none.by_role = {role: [value[:0] for value in values] for role, values in self.by_role.items()}
        return none

    def build_validation_data(self, names: list[str] | None) -> Any:
        """`validation_data` for `fit`, or None."""
        parts = (self.find_by_role("val_x", names), self.find_by_role("val_y"), self.find_by_role("val_sample_weight"))
        if parts[0] is None:
            return None
        return tuple(part for part in parts if part is not None)


def read_arrays(channel: Channel, specs: Sequence[ArraySpec]) -> list[Array]:
    """Reads the raw bytes behind a message into arrays of our own."""
    return [_read_array(channel, spec) for spec in specs]


def read_ordered_arrays(channel: Channel, specs: Sequence[OrderedSpec], held: Mapping[str, Array]) -> list[Array]:
    """The arrays of an order: read, or those of `held` that it names; the front lets no order of others through."""
    return [_read_array(channel, spec) if spec.digest is None else held[spec.digest] for spec in specs]


def _read_array(channel: Channel, spec: ArraySpec) -> Array:
    value: Array = np.empty(spec.shape, spec.dtype)
    channel.read_into(value.reshape(-1).data)
    return value


class PipelinePasses(keras.utils.PyDataset):  # type: ignore[misc]
    """A student's pipeline, one pass per epoch: asks for the next pass when an epoch begins.

    Args:
        arrays: the first pass.
        rows: rows of each of its batches.
        next_pass: fetches one more pass (arrays and rows per batch).
    """

    def __init__(
        self, order: Order, arrays: OrderArrays, next_pass: Callable[[], tuple[OrderArrays, list[int]] | None]
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.names = order.x_names
        self.next_pass = next_pass
        self.drawn = True
        self._take_pass(arrays, order.fit.batches or [])
        self.steps = len(self)

    def _take_pass(self, arrays: OrderArrays, rows: list[int]) -> None:
        self.arrays = arrays
        self.starts = np.concatenate([[0], np.cumsum(rows)]).astype(int)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> Any:
        part = slice(self.starts[index], self.starts[index + 1])
        batch = []
        for role in ("x", "y", "sample_weight"):
            value = self.arrays.find_by_role(role, self.names if role == "x" else None)
            if value is not None:
                rows = keras.tree.map_structure(lambda array: array[part], value)
                # Keras makes a tensor of a list here, and takes a tuple for several inputs.
                batch.append(tuple(rows) if isinstance(rows, list) else rows)
        return tuple(batch)

    @property
    def ran_out(self) -> bool:
        """Whether this epoch has fewer batches than the first one had."""
        return len(self) < self.steps

    def begin_epoch(self) -> None:
        """Called before each epoch; the first pass came with the order."""
        if self.drawn:
            self.drawn = False
        elif (more := self.next_pass()) is not None:
            self._take_pass(*more)
