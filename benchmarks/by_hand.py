"""Exercise 3's training written by hand in JAX, an epoch in one compiled call: how fast this device could be.

`epoch` trains one network; `epochs` several with different seeds in one vectorised call.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

BATCH = 32
RATE, FIRST, SECOND, TINY = 0.001, 0.9, 0.999, 1e-7


def fresh(seed: int) -> Any:
    """Parameters, both moments of Adam, and the number of steps that it has done."""
    keys = jax.random.split(jax.random.key(seed), 3)
    shapes = [(3, 3, 1, 32), (13 * 13 * 32, 128), (128, 10)]
    make = jax.nn.initializers.glorot_uniform(in_axis=-2, out_axis=-1)
    weights = [(make(key, shape), jnp.zeros(shape[-1])) for key, shape in zip(keys, shapes, strict=True)]
    first, second = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    return weights, first, second, jnp.zeros((), "int32")


def _scores(weights: Any, images: Any) -> Any:
    (kernel, bias), (hidden, hidden_bias), (last, last_bias) = weights
    maps = jax.lax.conv_general_dilated(images, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    maps = jax.nn.relu(maps + bias)
    pooled = jax.lax.reduce_window(maps, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return jax.nn.relu(pooled.reshape(len(images), -1) @ hidden + hidden_bias) @ last + last_bias


def _loss(weights: Any, images: Any, labels: Any) -> tuple[Any, Any]:
    scores = _scores(weights, images)
    losses = -jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], 1)
    return losses.mean(), (scores.argmax(1) == labels).sum()


def _step(state: Any, batch: tuple[Any, Any]) -> tuple[Any, Any]:
    """One step of Adam, as Keras does it."""
    weights, first, second, done = state
    (_, right), slopes = jax.value_and_grad(_loss, has_aux=True)(weights, *batch)
    done = done + 1
    rate = RATE * jnp.sqrt(1 - SECOND**done) / (1 - FIRST**done)
    first = jax.tree.map(lambda m, g: m + (g - m) * (1 - FIRST), first, slopes)
    second = jax.tree.map(lambda v, g: v + (g * g - v) * (1 - SECOND), second, slopes)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + TINY), weights, first, second)
    return (weights, first, second, done), right


def _epoch(state: Any, images: Any, labels: Any, order: Any) -> tuple[Any, Any]:
    state, right = jax.lax.scan(lambda state, places: _step(state, (images[places], labels[places])), state, order)
    return state, right.sum()


epoch = jax.jit(_epoch, donate_argnums=0)
epochs = jax.jit(jax.vmap(_epoch, in_axes=(0, None, None, 0)), donate_argnums=0)


def order(seed: int, examples: int) -> Any:
    """Places of the examples of an epoch's whole batches, shuffled, of shape (steps, batch)."""
    whole = examples // BATCH * BATCH
    return np.random.default_rng(seed).permutation(examples)[:whole].reshape(-1, BATCH).astype("int32")
