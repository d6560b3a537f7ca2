"""Where an epoch's order comes from: that of a pipeline's pass that tells labels, from here.

Else, on JAX, from NumPy's generator, which goes on from epoch to epoch; on TensorFlow each epoch's order depends on the
seed alone, so there is nothing to keep.
"""

from __future__ import annotations

from typing import Any

import blake3
import keras
import numpy as np

from grader.trainer.digests import Digests
from grader.trainer.feeding import Array, Arrays

GOES_ON = keras.backend.backend() != "tensorflow"
PARTS = 3 if GOES_ON else 0


def shuffle_pass(arrays: Arrays, digests: Digests) -> None:
    """Puts the examples of one pass of a pipeline into another order, which depends on the one that they came in."""
    columns = [arrays.by_role.get(role, []) for role in ("x", "y", "sample_weight")]
    words = " ".join(digests.of(array) for array in columns[0])
    seed = int.from_bytes(blake3.blake3(words.encode()).digest(8), "big")
    order = np.random.default_rng(seed).permutation(len(columns[0][0]))
    for values in columns:
        values[:] = [value[order] for value in values]


def state() -> list[Array]:
    """The generator's state as arrays: its words, its place with its flag, the number that it holds back."""
    if not GOES_ON:
        return []
    found: Any = np.random.get_state(legacy=False)
    words = found["state"]
    places = np.array([words["pos"], found["has_gauss"]], "int64")
    return [np.array(words["key"], "uint32"), places, np.array([found["gauss"]], "float64")]


def put(arrays: list[Array]) -> None:
    """Lets the generator go on from where `state` saw it; nothing where that was empty."""
    if arrays:
        words, places, held = arrays
        np.random.set_state(("MT19937", words, int(places[0]), int(places[1]), float(held[0])))
