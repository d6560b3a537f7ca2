"""Cross-entropies on JAX as Keras has them on TensorFlow: from what went into a softmax or a sigmoid, where one was before.

From probabilities alone there is no gradient where one has become 0, as with pixels from 0 to 255: the same network would
learn on one backend and not on the other. Imported on the JAX backend alone.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from keras.src.backend.jax import nn

ACTIVATIONS = ("softmax", "sigmoid")
LOSSES = ("categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy")


class Inputs:
    """Remembers what activations were given, as long as what they gave is there; a tracer has no room for it itself."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[weakref.ref[Any], Any]] = {}

    def kept(self, activation: Callable[..., Any]) -> Callable[..., Any]:
        """The activation, whose inputs are remembered."""

        def keeping(x: Any, *args: Any, **kwargs: Any) -> Any:
            output = activation(x, *args, **kwargs)
            place = id(output)
            self._of[place] = weakref.ref(output, lambda _: self._of.pop(place, None)), x
            return output

        return keeping

    def used(self, loss: Callable[..., Any]) -> Callable[..., Any]:
        """The loss, which takes what is remembered instead of what it is given, as logits."""

        def using(target: Any, output: Any, from_logits: bool = False, **kwargs: Any) -> Any:
            reference, logits = self._of.get(id(output), (None, None))
            if reference is None or reference() is not output:
                return loss(target, output, from_logits=from_logits, **kwargs)
            return loss(target, logits, from_logits=True, **kwargs)

        return using


def install() -> None:
    """For this process; once."""
    inputs = Inputs()
    for name in ACTIVATIONS:
        setattr(nn, name, inputs.kept(getattr(nn, name)))
    for name in LOSSES:
        setattr(nn, name, inputs.used(getattr(nn, name)))
