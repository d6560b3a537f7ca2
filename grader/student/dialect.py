"""TF 1 names as aliases in the student's process, so that a course's older files run; the notes come from the source."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import sys
import types
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

OPTIMIZERS = {
    "AdamOptimizer": "Adam", "GradientDescentOptimizer": "SGD", "RMSPropOptimizer": "RMSprop",
    "AdagradOptimizer": "Adagrad", "AdadeltaOptimizer": "Adadelta", "FtrlOptimizer": "Ftrl", "MomentumOptimizer": "SGD",
}  # fmt: skip
DEFAULT_RATES = {"AdamOptimizer": 0.001, "AdadeltaOptimizer": 0.001}
RENAMED = {"beta1": "beta_1", "beta2": "beta_2", "decay": "rho", "use_nesterov": "nesterov"}
KINDS = ("Adam", "SGD", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl")
LOSSES = {
    "sparse_softmax_cross_entropy": "SparseCategoricalCrossentropy", "softmax_cross_entropy": "CategoricalCrossentropy",
    "sigmoid_cross_entropy": "BinaryCrossentropy",
}  # fmt: skip
# The modules below `keras` that files import by name.
PARTS = (
    "activations", "applications", "backend", "callbacks", "constraints", "datasets", "initializers", "layers", "losses",
    "metrics", "models", "optimizers", "preprocessing", "regularizers", "utils",
)  # fmt: skip
# They change how all of TensorFlow works; in TF 2 there is nothing to switch.
NOTHING = (
    "enable_eager_execution", "disable_v2_behavior", "enable_v2_behavior", "disable_eager_execution",
    "reset_default_graph", "global_variables_initializer", "local_variables_initializer", "initialize_all_variables",
    "enable_resource_variables", "disable_resource_variables", "disable_v2_tensorshape", "enable_v2_tensorshape",
)  # fmt: skip
MOVED = {
    "tensorflow.python.keras": "keras", "tensorflow.keras": "keras", "keras.layers.core": "keras.layers",
    "keras.layers.convolutional": "keras.layers", "keras.layers.pooling": "keras.layers",
    "keras.layers.normalization": "keras.layers", "keras.layers.advanced_activations": "keras.layers",
    "keras.layers.recurrent": "keras.layers", "keras.layers.embeddings": "keras.layers",
    "keras.layers.noise": "keras.layers", "keras.layers.wrappers": "keras.layers", "keras.layers.merge": "keras.layers", "keras.engine": "keras",
    "keras.utils.np_utils": "keras.utils", "keras.callbacks.callbacks": "keras.callbacks",
    "keras.engine.topology": "keras.layers", "keras.engine.training": "keras", "keras.engine.sequential": "keras",
    "keras.utils.vis_utils": "keras.utils", "keras.backend.tensorflow_backend": "keras.backend",
    "keras.optimizers.adam_v2": "keras.optimizers", "keras.optimizers.gradient_descent_v2": "keras.optimizers",
    "keras.optimizers.rmsprop_v2": "keras.optimizers", "keras.layers.experimental": "keras.layers",
    "keras.layers.experimental.preprocessing": "keras.layers", "keras.layers.preprocessing": "keras.layers",
    "keras.optimizers.experimental": "keras.optimizers",
}  # fmt: skip


class Session:
    """TF 1's session, doing nothing: in TF 2 the operations have run already."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.graph = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def run(self, fetches: Any = None, *_: Any, **__: Any) -> Any:
        return fetches

    def close(self) -> None:
        return None

    def as_default(self) -> Session:
        return self


class Graph:
    """TF 1's graph, doing nothing: a real one would keep Keras from computing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def as_default(self) -> Graph:
        return self

    def finalize(self) -> None:
        """Nothing is built in it."""


class Moved(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a module under its old name (`tensorflow.python.keras.layers`, `keras.layers.core`)."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        place = self.place(fullname)
        if place is None or importlib.util.find_spec(place) is None:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def place(self, fullname: str) -> str | None:
        """Where a module is today; the longest old name that fits counts."""
        fitting = [old for old in MOVED if fullname == old or fullname.startswith(old + ".")]
        if not fitting:
            return None
        old = max(fitting, key=len)
        return MOVED[old] + fullname[len(old) :]

    def create_module(self, spec: Any) -> types.ModuleType:
        return importlib.import_module(self.place(spec.name) or "keras")

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run: the module is there already."""


def install(tf: Any, keras: Any) -> None:
    """Adds the aliases to TensorFlow, Keras and NumPy, in this process."""
    v1 = tf.compat.v1
    _one_of_each(tf, v1)
    for name in NOTHING:
        setattr(v1, name, _nothing)
        _alias(tf, name, _nothing)
    for name in ("Session", "InteractiveSession"):
        setattr(v1, name, Session)
    tf.Graph = v1.Graph = Graph
    for old, new in OPTIMIZERS.items():
        made = _optimizer(keras, old, new)
        setattr(v1.train, old, made)
        _alias(tf.train, old, made)
    _remaining(tf, v1)
    _alias(tf.random, "set_random_seed", tf.random.set_seed)
    tf.set_random_seed = v1.set_random_seed = tf.random.set_seed
    for family in (keras, tf.keras):
        _family(family, keras)
    tf.keras.backend.set_value = _set_value
    for name, value in list(vars(tf.keras.backend).items()):  # which has more of Keras 2 than Keras's own
        _alias(keras.backend, name, value)
    tf.layers = keras.layers
    for old, new in LOSSES.items():
        loss = getattr(keras.losses, new)(from_logits=True)
        _alias(tf.losses, old, loss)
        setattr(v1.losses, old, loss)
    v1.keras.backend.set_session = _nothing
    old_numpy()
    sys.meta_path.append(Moved())


def old_numpy() -> None:
    """Gives NumPy the names of Python's types that it had before 1.24; files write `dtype=np.int`."""
    for old, kind in (("float", float), ("int", int), ("object", object), ("str", str), ("complex", complex)):
        np.__dict__.setdefault(old, kind)


def _nothing(*_: Any, **__: Any) -> None:
    """What TF 2 does without."""


def _one_of_each(tf: Any, v1: Any) -> None:
    """`import tensorflow.keras.optimizers` and the like would load a second copy of a module, without the aliases."""
    sys.modules["tensorflow.train"], sys.modules["tensorflow.compat.v1"] = tf.train, v1
    whole = importlib.import_module("keras._tf_keras.keras")
    tf.keras = whole
    for name in ("tensorflow.keras", "tensorflow.python.keras"):
        sys.modules[name] = whole
    importlib.import_module("tensorflow.python").keras = whole  # type: ignore[attr-defined]
    for part in PARTS:
        module = importlib.import_module(f"keras._tf_keras.keras.{part}")
        setattr(whole, part, module)
        for name in ("tensorflow.keras", "tensorflow.python.keras"):
            sys.modules[f"{name}.{part}"] = module
    for name in ("tensorflow.keras", "tensorflow.python.keras"):
        sys.modules[f"{name}.optimizers.legacy"] = importlib.import_module("keras._tf_keras.keras.optimizers.legacy")
    whole.layers.AlphaDropout = importlib.import_module("keras.layers").AlphaDropout  # which has one of its own
    for name in [name for name in sys.modules if name.startswith("tensorflow.python.keras.layers.")]:
        sys.modules[name] = whole.layers


def _alias(module: Any, name: str, value: Any) -> None:
    if value is not None and not hasattr(module, name):
        setattr(module, name, value)


def _remaining(tf: Any, v1: Any) -> None:
    """Names that TF 2 keeps only in `tf.compat.v1`: `tf.ConfigProto`, `tf.logging`, `tf.random_normal` ..."""
    for name, value in list(vars(v1).items()):
        if not name.startswith("_") and name not in vars(tf):
            setattr(tf, name, value)
    for name in ("logging", "app", "flags", "gfile"):
        _alias(tf, name, getattr(v1, name, None))


def _family(family: Any, keras: Any) -> None:
    """`keras` and `tensorflow.keras` are two trees of modules over the same classes."""
    backend, optimizers = family.backend, family.optimizers
    for name in ("set_session", "set_learning_phase", "set_image_dim_ordering"):
        _alias(backend, name, _nothing)
    _alias(backend, "get_session", Session)
    _alias(backend, "learning_phase", lambda: 0)
    _alias(backend, "image_dim_ordering", lambda: "tf")
    _alias(backend, "tensorflow_backend", backend)
    for kind in KINDS:
        _alias(optimizers, kind.lower(), getattr(keras.optimizers, kind))
    legacy = importlib.import_module(f"{optimizers.__name__}.legacy")  # it refuses to make what was the only way in its time
    for kind in KINDS:
        setattr(legacy, kind, getattr(keras.optimizers, kind))
    for name in ("adam_v2", "gradient_descent_v2", "rmsprop_v2"):
        _alias(optimizers, name, optimizers)
    _experimental(family)
    _alias(family.preprocessing.image, "ImageDataGenerator", _generator)
    _alias(family.layers, "CuDNNLSTM", keras.layers.LSTM)
    _alias(family.layers, "CuDNNGRU", keras.layers.GRU)
    _alias(family.utils, "np_utils", family.utils)


def _set_value(variable: Any, value: Any) -> None:
    """Keras 3's own fails on its own variables, such as the learning rate."""
    variable.assign(value)


def _experimental(family: Any) -> None:
    """What TF 2 had under `experimental` until Keras 3."""
    for module, name in ((family.layers, "preprocessing"), (family.layers, "experimental"), (family.optimizers, "experimental")):
        _alias(module, name, module)
    mixed = family.mixed_precision
    then = types.SimpleNamespace(Policy=mixed.Policy, set_policy=mixed.set_global_policy, global_policy=mixed.global_policy)
    _alias(mixed, "experimental", then)


def _generator(*args: Any, **kwargs: Any) -> Any:
    """Keras 3 has it only under `tensorflow.keras`."""
    return importlib.import_module("keras.src.legacy.preprocessing.image").ImageDataGenerator(*args, **kwargs)


def _optimizer(keras: Any, old: str, new: str) -> Any:
    def make(learning_rate: Any = None, *args: Any, **kwargs: Any) -> Any:
        for gone in ("use_locking", "name"):
            kwargs.pop(gone, None)
        if old == "MomentumOptimizer":
            kwargs["momentum"], args = kwargs.get("momentum", args[0] if args else 0.0), ()
        named = {RENAMED.get(name, name): value for name, value in kwargs.items()}
        rate = learning_rate if learning_rate is not None else DEFAULT_RATES.get(old, 0.01)
        return getattr(keras.optimizers, new)(rate, *args, **named)

    make.__name__ = old
    return make
