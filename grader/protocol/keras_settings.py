"""The settings of Keras that a figure depends on, the same in every process of ours: set, never taken from a file."""

from __future__ import annotations

from typing import Any

import keras

SETTINGS = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "dtype_policy": "float32",
}


class Unsettled(RuntimeError):
    """A process of ours has other settings than it was given; what it computes is not to be believed."""


def put() -> None:
    """Sets them all."""
    for name, value in SETTINGS.items():
        getattr(keras.config, f"set_{name}")(value)


def read() -> dict[str, Any]:
    """What they are now."""
    found = {name: getattr(keras.config, name)() for name in SETTINGS}
    return {**found, "dtype_policy": found["dtype_policy"].name}


def check() -> None:
    """Raises: Unsettled: one isn't as it was set."""
    if (found := read()) != SETTINGS:
        raise Unsettled(f"the settings of Keras were changed: {found}")
