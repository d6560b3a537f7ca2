"""TF 1 names as aliases in the student's process, so that a course's older files run; the notes come from the source."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import sys
import types
from collections.abc import Sequence
from typing import Any, Self

OPTIMIZERS = {
    "AdamOptimizer": "Adam", "GradientDescentOptimizer": "SGD", "RMSPropOptimizer": "RMSprop",
    "AdagradOptimizer": "Adagrad", "AdadeltaOptimizer": "Adadelta", "FtrlOptimizer": "Ftrl", "MomentumOptimizer": "SGD",
}  # fmt: skip
DEFAULT_RATES = {"AdamOptimizer": 0.001, "AdadeltaOptimizer": 0.001}
NOTHING = (
    "enable_eager_execution", "disable_v2_behavior", "enable_v2_behavior", "disable_eager_execution",
    "reset_default_graph", "global_variables_initializer", "local_variables_initializer", "initialize_all_variables",
)  # fmt: skip
V1_NAMES = ("ConfigProto", "GPUOptions", "RunOptions", "logging", "variable_scope", "get_variable", "OptimizerOptions")
MOVED = {
    "tensorflow.python.keras": "keras", "tensorflow.keras": "keras", "keras.layers.core": "keras.layers",
    "keras.layers.convolutional": "keras.layers", "keras.layers.pooling": "keras.layers",
    "keras.layers.normalization": "keras.layers", "keras.layers.advanced_activations": "keras.layers",
    "keras.layers.recurrent": "keras.layers", "keras.layers.embeddings": "keras.layers",
    "keras.layers.noise": "keras.layers", "keras.layers.merge": "keras.layers", "keras.engine": "keras",
    "keras.utils.np_utils": "keras.utils", "keras.callbacks.callbacks": "keras.callbacks",
    "keras.engine.topology": "keras.layers", "keras.utils.vis_utils": "keras.utils",
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


class Moved(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a module under its old name (`tensorflow.python.keras.layers`, `keras.layers.core`)."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        if self.place(fullname) is None:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def place(self, fullname: str) -> str | None:
        for old, new in MOVED.items():
            if fullname == old or fullname.startswith(old + "."):
                return new + fullname[len(old) :]
        return None

    def create_module(self, spec: Any) -> types.ModuleType:
        return importlib.import_module(self.place(spec.name) or "keras")

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run: the module is there already."""


def install(tf: Any, keras: Any) -> None:
    """Adds the aliases to TensorFlow and Keras, in this process."""
    _sessions(tf)
    for old, new in OPTIMIZERS.items():
        _alias(tf.train, old, _optimizer(keras, old, new))
    for name in NOTHING:
        _alias(tf, name, lambda *_, **__: None)
    for name in V1_NAMES:
        _alias(tf, name, getattr(tf.compat.v1, name, None))
    _alias(tf, "set_random_seed", tf.random.set_seed)
    _alias(tf.random, "set_random_seed", tf.random.set_seed)
    _models(keras)
    _optimizer_arguments(keras)
    _layers(keras)
    sys.meta_path.append(Moved())


def _alias(module: Any, name: str, value: Any) -> None:
    if value is not None and not hasattr(module, name):
        setattr(module, name, value)


def _sessions(tf: Any) -> None:
    for name in ("Session", "InteractiveSession"):
        _alias(tf, name, Session)
        setattr(tf.compat.v1, name, Session)
    backend = tf.keras.backend
    _alias(backend, "set_session", lambda *_: None)
    _alias(backend, "get_session", lambda *_: Session())
    tf.compat.v1.keras.backend.set_session = lambda *_: None
    for name in ("disable_v2_behavior", "disable_eager_execution", "reset_default_graph", "global_variables_initializer"):
        setattr(tf.compat.v1, name, lambda *_, **__: None)


def _optimizer(keras: Any, old: str, new: str) -> Any:
    def make(learning_rate: float | None = None, *args: Any, **kwargs: Any) -> Any:
        kwargs.pop("use_locking", None)
        if old == "MomentumOptimizer":
            kwargs["momentum"], args = kwargs.get("momentum", args[0] if args else 0.0), ()
        rate = learning_rate if learning_rate is not None else DEFAULT_RATES.get(old, 0.01)
        return getattr(keras.optimizers, new)(rate, *args, **kwargs)

    make.__name__ = old
    return make


def _optimizer_arguments(keras: Any) -> None:
    """`Adam(lr=…, decay=…)`: Keras 3 refuses both; `lr` is the learning rate, `decay` was inverse-time decay."""
    for name in ("Adam", "SGD", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl"):
        kind = getattr(keras.optimizers, name)
        _wrap_arguments(kind, keras)


def _wrap_arguments(kind: Any, keras: Any) -> None:
    plain = kind.__init__

    def initialise(self: Any, *args: Any, **kwargs: Any) -> None:
        if "lr" in kwargs:
            kwargs["learning_rate"] = kwargs.pop("lr")
        if (decay := kwargs.pop("decay", 0.0)) and not args:
            rate = kwargs.get("learning_rate", 0.01 if kind is keras.optimizers.SGD else 0.001)
            kwargs["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(rate, 1, decay)
        plain(self, *args, **kwargs)

    kind.__init__ = initialise


def _models(keras: Any) -> None:
    def fit_generator(self: Any, generator: Any, *args: Any, **kwargs: Any) -> Any:
        for gone in ("workers", "use_multiprocessing", "max_queue_size", "pickle_safe"):
            kwargs.pop(gone, None)
        if args:
            kwargs["steps_per_epoch"] = args[0]
        return self.fit(generator, **kwargs)

    def predict_classes(self: Any, x: Any, **kwargs: Any) -> Any:
        return self.predict(x, **kwargs).argmax(axis=-1)

    keras.Model.fit_generator = fit_generator
    keras.Model.evaluate_generator = lambda self, generator, *_, **__: self.evaluate(generator, verbose=0)
    keras.Model.predict_generator = lambda self, generator, *_, **__: self.predict(generator, verbose=0)
    keras.Model.predict_proba = lambda self, x, **kwargs: self.predict(x, **kwargs)
    keras.Sequential.predict_classes = predict_classes


def _layers(keras: Any) -> None:
    _alias(keras.layers, "CuDNNLSTM", keras.layers.LSTM)
    _alias(keras.layers, "CuDNNGRU", keras.layers.GRU)
