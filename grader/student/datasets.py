"""`keras.datasets.mnist` and `fashion_mnist` from the grader's own files, whatever `path=` says."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import keras

from grader.data import load

NAMES = ("mnist", "fashion_mnist")


def install() -> None:
    """Replaces `load_data` in every module through which student code can reach it."""
    for name in NAMES:
        loader = _loader(name)
        getattr(keras.datasets, name).load_data = loader
        for prefix in ("keras.src.datasets", "keras.datasets", "keras._tf_keras.keras.datasets", "keras.api.datasets"):
            try:
                module = importlib.import_module(f"{prefix}.{name}")
            except ImportError:
                continue
            module.load_data = loader  # type: ignore[attr-defined]
        for module in [m for key, m in list(sys.modules.items()) if key.endswith(f"datasets.{name}")]:
            module.load_data = loader  # type: ignore[attr-defined]


def _loader(name: str) -> Callable[..., Any]:
    def load_data(path: Any = None) -> Any:  # noqa: ARG001 - TF 1 files name a place; the data is here
        data = load(name)
        return (data.x_train, data.y_train), (data.x_test, data.y_test)

    return load_data
