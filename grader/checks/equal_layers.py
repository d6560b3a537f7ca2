"""Names of layers and operations that count as the same thing, or as nothing, beside a layer table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# What may stand before the first layer that was asked for, since it only prepares the images; the second line is what
# `images / 255.0` and the like become in a model.
PREPARING_LAYERS = frozenset({
    "Rescaling", "Reshape", "Normalization", "Identity",
    "Add", "Subtract", "Multiply", "Divide", "TrueDivide", "ExpandDims", "Cast",
})  # fmt: skip
# Layers, and what functions such as `tf.nn.relu` become in a model; an Activation layer has its function's name itself.
ACTIVATION_BY_LAYER: Mapping[str, str | None] = MappingProxyType({
    "Activation": None, "ReLU": "relu", "Softmax": "softmax", "LeakyReLU": "leaky_relu", "ELU": "elu", "PReLU": "prelu",
    "Relu": "relu", "LeakyRelu": "leaky_relu", "Elu": "elu", "Gelu": "gelu", "Selu": "selu", "Sigmoid": "sigmoid",
    "Silu": "silu", "Softplus": "softplus", "Softsign": "softsign", "Tanh": "tanh",
})  # fmt: skip
# Keras takes the first for the second.
ACTIVATION_NAMES: Mapping[str, str] = MappingProxyType({"swish": "silu", "hard_swish": "hard_silu"})
