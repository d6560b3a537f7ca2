"""What JAX needs beyond Keras: many steps in one compiled call, and cross-entropies from logits. Imported on JAX only."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import jax
import keras
import numpy as np
from keras.src.backend.jax import nn
from keras.src.trainers.data_adapters import array_slicing
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter
from keras.src.utils import module_utils

from grader.records.run import Architecture
from grader.trainer.training.feeding import Array

# Larger data is fed batch by batch, as Keras does.
MAX_DEVICE_BYTES = 4_000_000_000
RECORDED_ACTIVATIONS = ("softmax", "sigmoid")
LOGIT_LOSSES = ("categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy")


class DeviceArrays(ArrayDataAdapter):  # type: ignore[misc]
    """Arrays that lie on the device; what it yields from `begin` on are blocks of places of examples.

    Args:
        steps: how many steps one call runs.
        given: as `ArrayDataAdapter` takes it, which also shuffles.
    """

    def __init__(self, steps: int, **given: Any) -> None:
        super().__init__(**given)
        self.steps = steps
        self.begun = False
        self.data: Any = None

    def begin(self) -> None:
        """The data goes to the device; until then it yields whole batches, from which Keras builds the model."""
        if self.data is None:
            sliceable = array_slicing.convert_to_sliceable(self._inputs, target_backend="jax")
            self.data = keras.tree.map_structure(lambda each: jax.device_put(each.array), sliceable)
        self.begun = True

    def get_jax_iterator(self) -> Any:
        return self._iter_blocks() if self.begun else super().get_jax_iterator()

    def _iter_blocks(self) -> Iterator[tuple[Array, Any, Array]]:
        """Places of whole batches (steps, batch), how many of those rows count, and the places of a smaller batch."""
        everything = array_slicing.NumpySliceable(np.arange(self._num_samples, dtype="int32"))
        places = [batch for (batch,) in self._get_iterator(lambda each, indices: each[indices], (everything,))]
        for start in range(0, len(places), self.steps):
            block = places[start : start + self.steps]
            smaller = block.pop() if len(block[-1]) < self.batch_size else everything.array[:0]
            # Always of one shape, since JAX compiles anew for any other; the count says how many rows are real.
            rows = np.zeros((self.steps, self.batch_size), "int32")
            rows[: len(block)] = np.reshape(block, (-1, self.batch_size))
            yield rows, np.int32(len(block)), smaller


class ScannedSteps:
    """Stands in for a model's train or test function: runs a block of steps for each call.

    Args:
        step: Keras's own, (state, batch) to (logs, state).
        adapter: has the data.
    """

    def __init__(self, step: Callable[[Any, Any], tuple[dict[str, Any], Any]], adapter: DeviceArrays) -> None:
        self.adapter, self.step = adapter, step
        self.names: list[str] = []
        # Donated: the old state gives up its memory, or weights and optimizer would be there twice.
        self.many = jax.jit(self._run_many, donate_argnums=0)
        self.one = jax.jit(self._run_one, donate_argnums=0)

    def __call__(self, state: Any, iterator: Iterator[tuple[Array, Any, Array]]) -> tuple[dict[str, float], Any]:
        """Logs are zeros: where an epoch ends, Keras takes the figures from the metrics themselves."""
        rows, count, smaller = next(iterator)
        if int(count):
            state = self.many(state, self.adapter.data, rows, count)
        if len(smaller):
            state = self.one(state, self.adapter.data, smaller)
        jax.block_until_ready(state)  # limits and stops act between calls
        return dict.fromkeys(self.names, 0.0), state

    def _run_many(self, state: Any, data: Any, rows: Any, count: Any) -> Any:
        return jax.lax.fori_loop(0, count, lambda index, state: self._run_one(state, data, rows[index]), state)

    def _run_one(self, state: Any, data: Any, places: Any) -> Any:
        batch = jax.tree.map(lambda array: array[places], data)
        logs, state = self.step(state, batch)
        # Set while JAX traces the step, the one moment at which the logs have names.
        self.names = list(logs)
        return state


def skip_tensorflow() -> None:
    """Lets Keras do without TensorFlow, which it would import where it is installed, for 3 s and 500 MB, to seed it too."""
    module_utils.tensorflow._available = False


def should_scan(architecture: Architecture) -> bool:
    """Whether many steps in one call are faster: on a CPU a convolution within a loop costs more than the calls do."""
    return jax.default_backend() != "cpu" or not any("Conv" in layer.kind for layer in architecture.layers)


def measure_device_peak() -> int:
    """The most that this process ever took of the device's memory, in bytes; 0 where the device doesn't report it."""
    told = jax.local_devices()[0].memory_stats() or {}
    return int(told.get("peak_bytes_in_use", 0))


def put_on_device(model: Any, fit: dict[str, Any], steps: int) -> tuple[dict[str, Any], list[DeviceArrays]]:
    """The arguments of `fit` with arrays that stay on the device, which begin with the training, where that can be.

    Args:
        model: gets other train and test functions; `restore_keras_functions` takes them away again.
        steps: how many steps one call runs.
    """
    arrays = [fit[name] for name in ("x", "y", "sample_weight", "validation_data")]
    # An epoch that ends in the middle of the data needs Keras's own iterator.
    if fit["steps_per_epoch"] or fit["validation_steps"] or _count_bytes(arrays) > MAX_DEVICE_BYTES:
        return fit, []
    (x, y, weights), held_out = _split_validation(fit)
    size = fit["batch_size"]
    shuffled = {"shuffle": fit["shuffle"], "class_weight": fit["class_weight"]}
    fed = DeviceArrays(steps, x=x, y=y, sample_weight=weights, batch_size=size, **shuffled)
    model.train_function = ScannedSteps(model.train_step, fed)
    changed = {**fit, **dict.fromkeys(("y", "sample_weight", "class_weight")), "x": fed, "validation_split": 0.0}
    if held_out is None:
        return changed, [fed]
    x, y, weights = (*held_out, None, None)[:3]
    held = DeviceArrays(steps, x=x, y=y, sample_weight=weights, batch_size=fit["validation_batch_size"] or size)
    model.test_function = ScannedSteps(model.test_step, held)
    return {**changed, "validation_data": (held,)}, [fed, held]


def restore_keras_functions(model: Any) -> None:
    """Gives the model back Keras's own functions, and the device its memory."""
    model.train_function = model.test_function = None


def _split_validation(fit: dict[str, Any]) -> tuple[tuple[Any, Any, Any], Any]:
    """What to train on and what is held out of it, as Keras splits: the last examples, before any shuffling."""
    arrays = fit["x"], fit["y"], fit["sample_weight"]
    share = fit["validation_split"]
    if not share or fit["validation_data"] is not None:
        return arrays, fit["validation_data"]
    split: Any = array_slicing.train_validation_split(arrays, validation_split=share)
    return split[0], split[1]


def _count_bytes(arrays: Any) -> int:
    """Bytes of arrays, nested as for `fit`."""
    return sum(array.nbytes for array in keras.tree.flatten(arrays) if array is not None)


class ActivationInputs:
    """Remembers the inputs of activations as long as their outputs exist, since a JAX tracer takes no attributes."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[weakref.ref[Any], Any]] = {}

    def record_inputs(self, activation: Callable[..., Any]) -> Callable[..., Any]:
        """The activation, whose inputs are remembered."""

        def call_and_record(x: Any, *args: Any, **kwargs: Any) -> Any:
            output = activation(x, *args, **kwargs)
            place = id(output)
            self._of[place] = weakref.ref(output, lambda _: self._of.pop(place, None)), x
            return output

        return call_and_record

    def use_logits(self, loss: Callable[..., Any]) -> Callable[..., Any]:
        """The loss, which takes what is remembered instead of what it is given, as logits."""

        def call_with_logits(target: Any, output: Any, from_logits: bool = False, **kwargs: Any) -> Any:
            reference, logits = self._of.get(id(output), (None, None))
            # An id may have passed on to another array; only the very output of an activation has logits.
            if reference is None or reference() is not output:
                return loss(target, output, from_logits=from_logits, **kwargs)
            return loss(target, logits, from_logits=True, **kwargs)

        return call_with_logits


def install_logit_losses() -> None:
    """Replaces activations and losses of Keras for the whole process; call it once."""
    # No gradient comes back from a probability that was rounded to 0; with TensorFlow, Keras finds the logits itself.
    inputs = ActivationInputs()
    for name in RECORDED_ACTIVATIONS:
        setattr(nn, name, inputs.record_inputs(getattr(nn, name)))
    for name in LOGIT_LOSSES:
        setattr(nn, name, inputs.use_logits(getattr(nn, name)))
