"""Datasets under the names by which student code asks for them, such as `keras.datasets.mnist`, whatever `path=` says.

Files that read a dataset's archive by themselves, look whether it is there or download it get the same data.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import types
from collections.abc import Callable
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from grader.data import load_dataset, load_embedded
from grader.protocol.datasets import DatasetSource
from grader.student.compiled_readers import install_compiled_readers
from grader.student.sequences import convert_to_lists, make_sequence_loader
from grader.student.served_tables import install_tables, list_files

PACKAGE = "tensorflow_datasets"
# Keras exports a dataset's module from several trees, and each keeps a reference of its own.
DATASET_TREES = ("keras.src.datasets", "keras.datasets", "keras._tf_keras.keras.datasets", "keras.api.datasets")
SPLIT_PATTERN = re.compile(r"(?P<split>train|test|all)(?:\[(?P<first>-?\d+%?)?:(?P<after>-?\d+%?)?\])?")
ARRAYS = ("x_train", "y_train", "x_test", "y_test")


class ServedDatasets:
    """The datasets that student code can ask for: the embedded ones, and those that are added."""

    def __init__(self) -> None:
        self._by_file: dict[str, DatasetSource] = {}
        self._by_tfds: dict[str, DatasetSource] = {}
        for source in load_embedded().values():
            self.add_dataset(source)

    def add_dataset(self, source: DatasetSource) -> None:
        """Serves one more dataset under all of its names."""
        names = source.about.names
        self._by_file |= dict.fromkeys((*names.files, *list_files(source)), source)
        if source.about.is_csv:
            install_tables(source)
            install_compiled_readers(list_files(source))
        self._by_tfds |= dict.fromkeys(names.tfds, source)
        for name in names.keras:
            _install_loader(name, make_sequence_loader(source) if source.about.is_sequences else _make_loader(source))

    def find_by_path(self, path: Any) -> DatasetSource | None:
        """The dataset whose file a path names, whatever folders come before it."""
        if not isinstance(path, (str, os.PathLike)):
            return None
        return self._by_file.get(find_file_name(path))

    def find_by_tfds_name(self, name: str) -> DatasetSource:
        """Raises: ValueError: there is none of that name."""
        # Names may carry a version or a configuration, as in `mnist:3.0.1`.
        known = re.split(r"[:/]", name)[0]
        if known not in self._by_tfds:
            raise ValueError(f"tfds.load({name!r}): there is no network where files are graded, only {' and '.join(self._by_tfds)}")
        return self._by_tfds[known]


def find_file_name(path: Any) -> str:
    """The last part of a path or an address, such as `data.npz` of `https://example.com/data.npz?raw=1`."""
    return str(os.path.basename(os.fspath(path).partition("?")[0]))  # noqa: PTH119 - as students' files write it


def install_datasets() -> ServedDatasets:
    """Replaces `load_data` in every module through which student code can reach it, and what reads its file."""
    served = ServedDatasets()
    _patch_file_functions(served)
    return served


def _install_loader(name: str, loader: Callable[..., Any]) -> None:
    """Gives the function to Keras's modules of this name; where Keras has none, they are made."""
    # `from tensorflow.keras.datasets import …` makes modules anew, from Keras's own files: one that has no file must be there.
    trees = DATASET_TREES if hasattr(keras.datasets, name) else (*DATASET_TREES, "tensorflow.keras.datasets")
    for tree in trees:
        try:
            parent = importlib.import_module(tree)
        except ImportError:
            continue
        try:
            module = importlib.import_module(f"{tree}.{name}")
        except ImportError:
            module = sys.modules[f"{tree}.{name}"] = types.ModuleType(f"{tree}.{name}")
            setattr(parent, name, module)
        module.load_data = loader  # type: ignore[attr-defined]
    # `from tensorflow.keras.datasets import mnist` finds modules that TensorFlow made under further names.
    for module in [m for key, m in list(sys.modules.items()) if key.endswith(f"datasets.{name}")]:
        module.load_data = loader  # type: ignore[attr-defined]


def _make_loader(source: DatasetSource) -> Callable[..., Any]:
    def load_data(path: Any = None) -> Any:  # noqa: ARG001 - TF 1 files name a place; the data is here
        data = load_dataset(source)
        return (data.x_train, data.y_train), (data.x_test, data.y_test)

    return load_data


# A dict isn't enough: files use `with np.load(...) as data`, `data.files` and `data.f.x_train`.
class DatasetArchive(dict[str, Any]):
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


def open_archive(source: DatasetSource) -> DatasetArchive:
    """A dataset's file, opened."""
    data = load_dataset(source)
    return DatasetArchive({part: convert_to_lists(getattr(data, part)) for part in ARRAYS})


def _patch_file_functions(served: ServedDatasets) -> None:
    """`os.path.exists`, `numpy.load` and `get_file` know the datasets' files wherever a path puts them."""
    for name in ("exists", "isfile"):
        setattr(os.path, name, _make_exists(getattr(os.path, name), served))
    plain_load = np.load

    def np_load(file: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return plain_load(file, *args, **kwargs)
        # A file of that name that the student wrote comes first.
        except OSError:
            if (source := served.find_by_path(file)) is None:
                raise
            return open_archive(source)

    np.load = np_load
    plain_get = keras.utils.get_file

    def get_file(fname: Any = None, origin: Any = None, *args: Any, **kwargs: Any) -> Any:
        named = next((path for path in (fname, origin) if served.find_by_path(path)), None)
        # Only the name: whatever opens it next is served from the grader's files.
        return find_file_name(named) if named else plain_get(fname, origin, *args, **kwargs)

    for name in ("keras.utils", "keras._tf_keras.keras.utils"):
        importlib.import_module(name).get_file = get_file  # type: ignore[attr-defined]


def _make_exists(plain: Callable[[Any], bool], served: ServedDatasets) -> Callable[[Any], bool]:
    def is_there(path: Any) -> bool:
        return plain(path) or served.find_by_path(path) is not None

    return is_there


def install_tfds(served: ServedDatasets) -> None:
    """Makes the package importable, unless it is installed."""
    if importlib.util.find_spec(PACKAGE) is None:
        module = types.ModuleType(PACKAGE)
        module.__dict__.update(load=_make_tfds_load(served), as_numpy=_as_numpy, disable_progress_bar=_skip_progress_bar, enable_progress_bar=_skip_progress_bar)
        module.__dict__["Split"] = types.SimpleNamespace(TRAIN="train", TEST="test", ALL="all")
        sys.modules[PACKAGE] = module


def _skip_progress_bar() -> None:
    """There is no bar."""


def _make_tfds_load(served: ServedDatasets) -> Callable[..., Any]:
    def load(
        name: str, split: Any = None, as_supervised: bool = False, with_info: bool = False, batch_size: int | None = None,
        **_: Any,
    ) -> Any:  # fmt: skip
        """As `tfds.load`; where and how the data is to be downloaded makes no difference.

        Raises:
            ValueError: another dataset or no such part of it.
        """
        source = served.find_by_tfds_name(name)
        wanted = {"train": "train", "test": "test"} if split is None else split
        made = tf.nest.map_structure(lambda part: _build_dataset(source, str(part), as_supervised, batch_size), wanted)
        return (made, _build_info(source)) if with_info else made

    return load


def _build_dataset(source: DatasetSource, split: str, as_supervised: bool, batch_size: int | None) -> Any:
    """One split, such as `train[:80%]`, as a dataset; whole, as tensors, for a batch size of -1."""
    images, labels = (np.concatenate(arrays) for arrays in zip(*(_select_arrays(source, one) for one in split.split("+")), strict=True))
    pair = (images, labels) if as_supervised else {"image": images, "label": labels}
    if batch_size == -1:
        return tf.nest.map_structure(tf.convert_to_tensor, pair)
    dataset = tf.data.Dataset.from_tensor_slices(pair)
    return dataset.batch(batch_size) if batch_size else dataset


def _select_arrays(source: DatasetSource, split: str) -> tuple[Any, Any]:
    data = load_dataset(source)
    match = SPLIT_PATTERN.fullmatch(split.strip())
    if match is None:
        raise ValueError(f"tfds.load({source.about.id!r}, split={split!r}): give 'train', 'test' or a part such as 'train[:80%]'")
    parts = {"train": [(data.x_train, data.y_train)], "test": [(data.x_test, data.y_test)]}
    chosen = parts.get(match["split"], parts["train"] + parts["test"])
    images, labels = (np.concatenate(arrays) for arrays in zip(*chosen, strict=True))
    rows = slice(_resolve_row(match["first"], len(labels)), _resolve_row(match["after"], len(labels)))
    # tfds gives images a channel and labels int64, other than Keras's `load_data`.
    return images[rows].reshape(-1, *_find_tfds_shape(source)), labels[rows].astype(np.int64)


def _find_tfds_shape(source: DatasetSource) -> tuple[int, ...]:
    """An image's shape with an axis for its channels."""
    shape = source.about.shape
    return shape if len(shape) == 3 else (*shape, 1)


def _resolve_row(text: str | None, count: int) -> int | None:
    if text is None:
        return None
    return round(count * int(text[:-1]) / 100) if text.endswith("%") else int(text)


def _as_numpy(dataset: Any) -> Any:
    return dataset.as_numpy_iterator() if isinstance(dataset, tf.data.Dataset) else tf.nest.map_structure(np.asarray, dataset)


def _build_info(source: DatasetSource) -> types.SimpleNamespace:
    about = source.about
    names = list(about.classes)
    label = types.SimpleNamespace(names=names, num_classes=len(names), int2str=names.__getitem__, str2int=names.index)
    image = types.SimpleNamespace(shape=_find_tfds_shape(source), dtype=np.uint8)
    counts = {"train": about.splits.train, "test": about.splits.test}
    return types.SimpleNamespace(
        name=about.id,
        features={"image": image, "label": label},
        splits={split: types.SimpleNamespace(num_examples=count) for split, count in counts.items()},
    )
