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
    """The settings of this process were changed, so its figures can't be trusted."""


def put() -> None:
    """Sets them all."""
    for name, value in SETTINGS.items():
        getattr(keras.config, f"set_{name}")(value)


def read() -> dict[str, Any]:
    """What they are now."""
    found = {name: getattr(keras.config, name)() for name in SETTINGS}
    # As a text: the object that Keras returns doesn't equal one.
    return {**found, "dtype_policy": found["dtype_policy"].name}


def check() -> None:
    """Raises: Unsettled: one isn't as it was set."""
    if (found := read()) != SETTINGS:
        raise Unsettled(f"the settings of Keras were changed: {found}")
