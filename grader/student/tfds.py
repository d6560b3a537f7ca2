"""The part of `tensorflow_datasets` that files use to load MNIST and Fashion-MNIST, where that package isn't there."""

from __future__ import annotations

import importlib.util
import re
import sys
import types
from typing import Any

import numpy as np
import tensorflow as tf

from grader.data import NAMES, load

PACKAGE = "tensorflow_datasets"
SPLIT = re.compile(r"(?P<split>train|test|all)(?:\[(?P<first>-?\d+%?)?:(?P<after>-?\d+%?)?\])?")
CLASSES = {
    "mnist": [str(digit) for digit in range(10)],
    "fashion_mnist": [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ],
}  # fmt: skip


def install() -> None:
    """Makes the package importable, unless it is installed."""
    if importlib.util.find_spec(PACKAGE) is None:
        module = types.ModuleType(PACKAGE)
        module.__dict__.update(load=_load, as_numpy=_as_numpy, disable_progress_bar=_quiet, enable_progress_bar=_quiet)
        module.__dict__["Split"] = types.SimpleNamespace(TRAIN="train", TEST="test", ALL="all")
        sys.modules[PACKAGE] = module


def _quiet() -> None:
    """There is no bar."""


def _load(
    name: str, split: Any = None, as_supervised: bool = False, with_info: bool = False, batch_size: int | None = None,
    **_: Any,
) -> Any:  # fmt: skip
    """As `tfds.load`; where and how the data is to be downloaded makes no difference.

    Raises:
        ValueError: another dataset or no such part of it.
    """
    known = re.split(r"[:/]", name)[0]
    if known not in NAMES:
        raise ValueError(f"tfds.load({name!r}): there is no network where files are graded, only {' and '.join(NAMES)}")
    wanted = {"train": "train", "test": "test"} if split is None else split
    made = tf.nest.map_structure(lambda part: _part(known, str(part), as_supervised, batch_size), wanted)
    return (made, _info(known)) if with_info else made


def _part(name: str, split: str, as_supervised: bool, batch_size: int | None) -> Any:
    """One split, such as `train[:80%]`, as a dataset; whole, as tensors, for a batch size of -1."""
    images, labels = (np.concatenate(arrays) for arrays in zip(*(_arrays(name, one) for one in split.split("+")), strict=True))
    pair = (images, labels) if as_supervised else {"image": images, "label": labels}
    if batch_size == -1:
        return tf.nest.map_structure(tf.convert_to_tensor, pair)
    dataset = tf.data.Dataset.from_tensor_slices(pair)
    return dataset.batch(batch_size) if batch_size else dataset


def _arrays(name: str, split: str) -> tuple[Any, Any]:
    data = load(name)
    match = SPLIT.fullmatch(split.strip())
    if match is None:
        raise ValueError(f"tfds.load({name!r}, split={split!r}): give 'train', 'test' or a part such as 'train[:80%]'")
    parts = {"train": [(data.x_train, data.y_train)], "test": [(data.x_test, data.y_test)]}
    chosen = parts.get(match["split"], parts["train"] + parts["test"])
    images, labels = (np.concatenate(arrays) for arrays in zip(*chosen, strict=True))
    rows = slice(_place(match["first"], len(labels)), _place(match["after"], len(labels)))
    return images[rows, ..., None], labels[rows].astype(np.int64)


def _place(text: str | None, count: int) -> int | None:
    if text is None:
        return None
    return round(count * int(text[:-1]) / 100) if text.endswith("%") else int(text)


def _as_numpy(dataset: Any) -> Any:
    return dataset.as_numpy_iterator() if isinstance(dataset, tf.data.Dataset) else tf.nest.map_structure(np.asarray, dataset)


def _info(name: str) -> types.SimpleNamespace:
    names = CLASSES[name]
    label = types.SimpleNamespace(names=names, num_classes=len(names), int2str=names.__getitem__, str2int=names.index)
    image = types.SimpleNamespace(shape=(28, 28, 1), dtype=np.uint8)
    counts = {"train": 60_000, "test": 10_000}
    return types.SimpleNamespace(
        name=name,
        features={"image": image, "label": label},
        splits={split: types.SimpleNamespace(num_examples=count) for split, count in counts.items()},
    )
