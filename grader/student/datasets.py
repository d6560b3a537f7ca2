"""`keras.datasets.mnist` and `fashion_mnist` from the grader's own files, whatever `path=` says."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import keras

from grader.data import load
from grader.student.front import Front

NAMES = ("mnist", "fashion_mnist")


def install(front: Front) -> None:
    """Replaces `load_data` in every module through which student code can reach it."""
    for name in NAMES:
        loader = _loader(name, front)
        getattr(keras.datasets, name).load_data = loader
        for prefix in ("keras.src.datasets", "keras.datasets", "keras._tf_keras.keras.datasets", "keras.api.datasets"):
            try:
                module = importlib.import_module(f"{prefix}.{name}")
            except ImportError:
                continue
            module.load_data = loader  # type: ignore[attr-defined]
        for module in [m for key, m in list(sys.modules.items()) if key.endswith(f"datasets.{name}")]:
            module.load_data = loader  # type: ignore[attr-defined]


def _loader(name: str, front: Front) -> Callable[..., Any]:
    def load_data(path: Any = None) -> Any:
        if path is not None and str(path) != "mnist.npz":
            front.remark(f"load_data(path=...) isn't needed: {name}.load_data() finds the data by itself")
        data = load(name)
        return (data.x_train, data.y_train), (data.x_test, data.y_test)

    return load_data
