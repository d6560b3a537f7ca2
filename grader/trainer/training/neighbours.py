"""Whether a model's answer to one example depends on its neighbours in the batch, or on its place there.

The shapes of a declared model show most of this before anything is trained (`batch_axis`). Then each layer is tried by
itself, with weights by chance, so that nothing before or after it can hide what it does; and a trained model as a whole.
All are asked as for a prediction, so that BatchNormalization uses what it has learned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from grader.trainer.exhaustion import raise_if_exhausted
from grader.trainer.order.batch_axis import follow_graph, refuse_mixing
from grader.trainer.order.model_json import OrderRefused
from grader.trainer.order.rebuild import build_fresh
from grader.trainer.training.feeding import Array
from grader.trainer.training.measuring import flat_scores

# Of a model that takes large images, fewer are given.
MAX_EXAMPLES = 64
# What rounding may change in an answer: other places in a batch are computed in another order.
TOLERANCE = 0.02
# Examples that each layer is tried with, and how large they are: a layer may be blind to small or to large ones.
ROWS = 4
SIZES = (0.1, 0.3, 1.0)
LEAST, SHARE = 1e-6, 0.002
# Of a large weight the same are repeated; a prime, so that they fall differently into each row.
MANY_WEIGHTS = 4099


def mixes_examples(model: Any, examples: Array) -> bool:
    """Whether an answer changes where other examples stand around the one that is asked about.

    Args:
        model: built; of any weights.
        examples: an even number, twice as many as one batch; of the shape that the model takes.
    """
    half = len(examples) // 2
    batch, others = examples[:half], examples[half:]
    before = _answers(model, batch)
    # One in four stays, so that most of its neighbours are replaced.
    kept = np.arange(half) % 4 == 0
    among_others = _answers(model, np.where(kept.reshape(-1, *[1] * (batch.ndim - 1)), batch, others))
    # The same examples at other places show what depends on the place alone.
    turned = np.random.default_rng(0).permutation(half)
    elsewhere = _answers(model, batch[turned])
    return _differ(before[kept], among_others[kept], before) or _differ(before[turned], elsewhere, before)


def _answers(model: Any, batch: Array) -> Array:
    return flat_scores(model(batch, training=False)).astype("float64")


def _differ(one: Array, other: Array, scale: Array, least: float = 1.0, share: float = TOLERANCE) -> bool:
    """Whether two answers are further apart than rounding brings them, or only one of them is a finite number.

    Args:
        scale: answers of their size, which counts if it is more than `least`.
        share: of that size, what may differ.
    """
    if one.shape != other.shape:
        return True
    size = max(least, float(np.nanmax(np.abs(scale), initial=0.0, where=np.isfinite(scale))))
    both = np.isfinite(one) & np.isfinite(other)
    return bool((np.isfinite(one) != np.isfinite(other)).any() or (np.abs(one - other)[both] > share * size).any())


def refuse_mixing_layers(architecture: dict[str, Any], examples: Array) -> None:
    """Tries each layer and operation of a model by itself: the answer to an example may not change where others do.

    Args:
        architecture: the checked configuration.
        examples: some of those that are trained on.

    Raises:
        OrderRefused: names the first one that leads from one example to another.
    """
    model, draws = build_fresh(architecture), np.random.default_rng()
    if not model.built:
        model.build((None, *examples.shape[1:]))
    # Not negative, since some are variances; no zero is left that would hide what comes through.
    weights = np.abs(draws.standard_normal(MANY_WEIGHTS, "float32")) + 0.01
    for variable in model.variables:
        if keras.backend.is_float_dtype(variable.dtype):
            variable.assign(np.resize(weights, variable.shape))
    rows = min(model.inputs[0].shape[0] or ROWS, MAX_EXAMPLES)
    given = keras.ops.convert_to_tensor(examples[:rows], dtype=model.inputs[0].dtype)
    try:
        follow_graph(model, _Trial(given, draws).look)(given)
    except OrderRefused:
        raise
    except Exception as error:  # it can't take these examples, which the training will tell in Keras's own words
        raise_if_exhausted(error)
        return


class _Trial:
    """Runs the layers of a model one by one, each on examples by chance.

    Args:
        given: the model's input.
    """

    def __init__(self, given: Any, draws: np.random.Generator) -> None:
        # What carries the examples; anything else in a call is a constant. Held, so that no number is given twice.
        self.flowing, self.draws = {id(given): given}, draws

    def look(self, operation: Any) -> Callable[..., Any]:
        """Returns the same operation, which is tried first."""
        # As for a prediction: some layers act by chance otherwise.
        mode = {"training": False} if getattr(operation, "_call_has_training_arg", False) else {}

        def tried(*args: Any, **given: Any) -> Any:
            kwargs = given | mode
            carrying = [leaf for leaf in keras.tree.flatten((args, kwargs)) if id(leaf) in self.flowing]
            for size in SIZES:
                drawn = {id(leaf): self._draw_two(leaf, size) for leaf in carrying}
                before, after = (
                    _run(operation, args, kwargs, {key: pair[one] for key, pair in drawn.items()}) for one in (0, 1)
                )
                if any(
                    _differ(one[:1], other[:1], one, LEAST, SHARE) for one, other in zip(before, after, strict=True)
                ):
                    raise refuse_mixing(operation)
            outputs = operation(*args, **kwargs)
            self.flowing.update((id(tensor), tensor) for tensor in keras.tree.flatten(outputs))
            return outputs

        return tried

    def _draw_two(self, tensor: Any, size: float) -> tuple[Any, Any]:
        """Two groups of examples by chance, of which the first one is the same."""
        shape = tuple(tensor.shape)
        drawn = self.draws.standard_normal((2, *shape)) * size
        drawn[1, :1] = drawn[0, :1]
        # Of whole numbers only 0 and 1 are sure to be allowed, as an Embedding counts its words.
        values = drawn if keras.backend.is_float_dtype(tensor.dtype) else drawn > 0
        one, other = (keras.ops.cast(keras.ops.convert_to_tensor(part), tensor.dtype) for part in values)
        return one, other


def _run(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: dict[int, Any]) -> list[Array]:
    """What an operation gives where some of its arguments are replaced."""
    placed_args, placed_kwargs = keras.tree.map_structure(lambda leaf: given.get(id(leaf), leaf), (args, kwargs))
    outputs = keras.tree.flatten(operation(*placed_args, **placed_kwargs))
    return [np.asarray(keras.ops.cast(output, "float32")).astype("float64") for output in outputs]
