"""`keras.datasets.mnist` and `fashion_mnist` from the grader's own files, whatever `path=` says.

Files that read `mnist.npz` by themselves, look whether it is there or download it get the same data.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any, Self

import keras
import numpy as np

from grader.data import load

NAMES = ("mnist", "fashion_mnist")
FILES = {"mnist.npz": "mnist", "fashion_mnist.npz": "fashion_mnist", "fashion-mnist.npz": "fashion_mnist"}


def install() -> None:
    """Replaces `load_data` in every module through which student code can reach it, and what reads its file."""
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
    _files()


def _loader(name: str) -> Callable[..., Any]:
    def load_data(path: Any = None) -> Any:  # noqa: ARG001 - TF 1 files name a place; the data is here
        data = load(name)
        return (data.x_train, data.y_train), (data.x_test, data.y_test)

    return load_data


class Archive(dict[str, Any]):
    """A dataset as `numpy.load` gives it."""

    @property
    def files(self) -> list[str]:
        return list(self)

    @property
    def f(self) -> Any:
        return self

    def close(self) -> None:
        """Nothing is open."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def archive(path: Any) -> Archive | None:
    """The dataset whose file a path names, if it names one."""
    name = _dataset(path)
    if name is None:
        return None
    data = load(name)
    parts = ("x_train", "y_train", "x_test", "y_test")
    return Archive({part: getattr(data, part) for part in parts})


def _dataset(path: Any) -> str | None:
    if not isinstance(path, (str, os.PathLike)):
        return None
    return FILES.get(os.path.basename(os.fspath(path)))  # noqa: PTH119 - as students' files write it


def _files() -> None:
    """`os.path.exists`, `numpy.load` and `get_file` know the datasets' files wherever a path puts them."""
    for name in ("exists", "isfile"):
        setattr(os.path, name, _there(getattr(os.path, name)))
    plain_load = np.load

    def np_load(file: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return plain_load(file, *args, **kwargs)
        except OSError:
            if (found := archive(file)) is None:
                raise
            return found

    np.load = np_load
    plain_get = keras.utils.get_file

    def get_file(fname: Any = None, origin: Any = None, *args: Any, **kwargs: Any) -> Any:
        named = next((path for path in (fname, origin) if _dataset(path)), None)
        return os.path.basename(named) if named else plain_get(fname, origin, *args, **kwargs)  # noqa: PTH119

    for name in ("keras.utils", "keras._tf_keras.keras.utils"):
        importlib.import_module(name).get_file = get_file  # type: ignore[attr-defined]


def _there(plain: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def there(path: Any) -> bool:
        return plain(path) or _dataset(path) is not None

    return there
