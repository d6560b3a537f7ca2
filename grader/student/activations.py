"""`activation=tf.nn.relu` as Keras's own `relu`: the same mathematics under a name that can be written down."""

from __future__ import annotations

from typing import Any

import keras
from keras.src import activations

NAMES = {
    "relu": "relu", "softmax": "softmax", "sigmoid": "sigmoid", "tanh": "tanh", "elu": "elu", "selu": "selu",
    "softplus": "softplus", "softsign": "softsign", "leaky_relu": "leaky_relu", "gelu": "gelu", "silu": "silu",
    "swish": "silu", "log_softmax": "log_softmax", "relu6": "relu6",
}  # fmt: skip


def install(tf: Any) -> None:
    """Makes every layer that is given a function of TensorFlow or `keras.ops` take Keras's activation of the same meaning."""
    homes = (tf.nn, tf.math, tf, tf.compat.v1.nn, keras.ops, tf.keras.backend)
    known = {
        id(getattr(home, theirs)): getattr(keras.activations, ours)
        for theirs, ours in NAMES.items()
        for home in homes
        if hasattr(home, theirs) and hasattr(keras.activations, ours)
    }
    plain_get = activations.get

    def get(identifier: Any) -> Any:
        return plain_get(known.get(id(identifier), identifier))

    activations.get = get
    keras.activations.get = get
