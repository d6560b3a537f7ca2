"""Whether a model's answer to one example depends on its neighbours in the batch, or on its place there.

The shapes of a declared model show most of this before anything is trained (`batch_axis`); a trained model is tried,
whatever it is made of. It is asked as for a prediction, so that BatchNormalization uses what it has learned.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.trainer.training.feeding import Array
from grader.trainer.training.measuring import flat_scores

# Of a model that takes large images, fewer are given.
MAX_EXAMPLES = 64
# What rounding may change in an answer: other places in a batch are computed in another order.
TOLERANCE = 0.02


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


def _differ(one: Array, other: Array, scale: Array) -> bool:
    """Whether two answers are further apart than rounding brings them, or only one of them is a finite number."""
    if one.shape != other.shape:
        return True
    size = max(1.0, float(np.nanmax(np.abs(scale), initial=0.0, where=np.isfinite(scale))))
    both = np.isfinite(one) & np.isfinite(other)
    return bool((np.isfinite(one) != np.isfinite(other)).any() or (np.abs(one - other)[both] > TOLERANCE * size).any())
