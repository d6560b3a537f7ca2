"""What students do to the images before `fit`, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
F32 = np.float32


def normalized(images: Array, axis: int) -> Array:
    """`keras.utils.normalize(images, axis)`."""
    norm = np.linalg.norm(images, 2, axis)
    norm[norm == 0] = 1
    return np.asarray(images / np.expand_dims(norm, axis), F32)


def standardised(images: Array, axis: tuple[int, ...]) -> Array:
    floats = images.astype(F32)
    return (floats - floats.mean(axis, keepdims=True)) / (floats.std(axis, keepdims=True) + F32(1e-7))


TONES: dict[str, Callable[[Array], Array]] = {
    "raw pixels": lambda u: u,
    "pixels / 255": lambda u: (u / 255).astype(F32),
    "pixels / 255 - 0.5": lambda u: (u / 255 - 0.5).astype(F32),
    "(pixels - 33.318) / 78.567": lambda u: ((u - 33.318421) / 78.567490).astype(F32),
    "pixels / 127.5 - 1": lambda u: (u.astype(F32) - F32(127.5)) / F32(127.5),
    "255 - pixels": lambda u: 255 - u,
    "1 - pixels / 255": lambda u: F32(1) - u.astype(F32) / F32(255),
    "pixels * 3": lambda u: u.astype(np.int64) * 3,
    "pixels / 256": lambda u: (u / 256).astype(np.float16),
    "pixels in two values, changing at 128": lambda u: u > 127,
    "pixels in two values, changing at 51": lambda u: (u > 50).astype(F32),
    "pixel values replaced one by one": lambda u: ((u / 255) ** 2.2).astype(F32),
}
AVERAGED: dict[str, Callable[[Array], Array]] = {
    "each row divided by its L2 norm": lambda u: normalized(u, 2),
    "each column divided by its L2 norm": lambda u: normalized(u, 1),
    "each image divided by its L2 norm": lambda u: normalized(u.reshape(-1, 784), 1).reshape(u.shape),
    "each image divided by its largest pixel": lambda u: u.astype(F32) / u.max((1, 2), keepdims=True).astype(F32),
    "each image divided by its sum": lambda u: u.astype(F32) / u.astype(F32).sum((1, 2), keepdims=True),
    "each image standardised on its own": lambda u: standardised(u, (1, 2)),
    "each of the 784 places scaled on its own": lambda u: standardised(u, (0,)),
}
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "": lambda x: x,
    "reshaped to (784,)": lambda x: x.reshape(-1, 784),
    "reshaped to (28, 28, 1)": lambda x: x[..., None],
    "reshaped to (1, 28, 28)": lambda x: x[:, None],
    "padded to (32, 32)": lambda x: np.pad(x, ((0, 0), (2, 2), (2, 2))),
    "padded to (30, 36)": lambda x: np.pad(x, ((0, 0), (0, 2), (7, 1))),
    "padded to (32, 32, 1)": lambda x: np.pad(x[..., None], ((0, 0), (2, 2), (2, 2), (0, 0))),
    "padded to (1024,)": lambda x: np.pad(x, ((0, 0), (2, 2), (2, 2))).reshape(-1, 1024),
    "repeated in 3 channels, (28, 28, 3)": lambda x: np.repeat(x[..., None], 3, -1),
    "repeated in 3 channels, (3, 28, 28)": lambda x: np.repeat(x[:, None], 3, 1),
    "padded to (32, 32, 3)": lambda x: np.pad(np.repeat(x[..., None], 3, -1), ((0, 0), (2, 2), (2, 2), (0, 0))),
}
