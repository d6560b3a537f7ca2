"""TF 1 names as aliases in the student's process, so that a course's older files run; the notes come from the source."""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.util
import sys
import types
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Self

from grader.leniency.old_names import KERAS, OPTIMIZERS, PACKAGES, TENSORFLOW, OldName, find_longest, find_package
from grader.student import old_numpy

# What TF 1's optimizers took for a learning rate by themselves; the others nothing, for which 0.01 is Keras's usual.
DEFAULT_RATES = MappingProxyType({"AdamOptimizer": 0.001, "AdadeltaOptimizer": 0.001})
RENAMED_ARGUMENTS = MappingProxyType({"beta1": "beta_1", "beta2": "beta_2", "decay": "rho", "use_nesterov": "nesterov"})
# The modules below `keras` that files import by name.
KERAS_PARTS = (
    "activations", "applications", "backend", "callbacks", "constraints", "datasets", "initializers", "layers", "losses",
    "metrics", "models", "ops", "optimizers", "preprocessing", "random", "regularizers", "utils",
)  # fmt: skip


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


class MovedModuleFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a module under its old name (`keras_core`, `tensorflow.python.keras.layers`, `keras.layers.core`)."""

    def __init__(self) -> None:
        self.specs: dict[int, Any] = {}  # importing under another name must not change what a module says of itself

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        if _is_between(fullname):
            return importlib.util.spec_from_loader(fullname, self, is_package=True)
        place = find_module(fullname)
        try:
            if place is None or importlib.util.find_spec(place) is None:
                return None
        except (ImportError, AttributeError, ValueError):
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(self, spec: Any) -> types.ModuleType:
        if _is_between(spec.name):
            return types.ModuleType(spec.name)
        module = importlib.import_module(find_module(spec.name) or "keras")
        # The import system overwrites `__spec__` with the alias's; `exec_module` puts the real one back.
        self.specs[id(module)] = module.__spec__
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run: the module is there already."""
        module.__spec__ = self.specs.pop(id(module), module.__spec__)


class Renamed(MovedModuleFinder):
    """Imports Keras in place of packages that hold it under another name, even installed ones: only Keras can be measured."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        root = fullname.partition(".")[0]
        return super().find_spec(fullname, path, target) if root in PACKAGES else None


def _is_between(fullname: str) -> bool:
    """Whether a module is only the way to one of the table (`tensorflow.contrib`, `keras.api._v2`), with nothing in it."""
    return fullname not in PACKAGES and any(old.startswith(f"{fullname}.") for old in PACKAGES)


def find_module(fullname: str) -> str | None:
    """Where a module of an old name is today, one step of the way; None for a name that the tables don't know.

    >>> find_module("tf_keras.layers.core"), find_module("tensorflow.keras.layers.core"), find_module("keras.layers.core")
    ('tensorflow.keras.layers.core', 'keras.layers.core', 'keras.layers')
    """
    if (today := find_package(fullname)) is not None:
        return today
    if fullname.startswith("tensorflow.keras."):
        return fullname.removeprefix("tensorflow.")
    below = fullname.removeprefix("keras.")
    old = find_longest(below, KERAS) if below != fullname else None
    if old is None or (alias := KERAS[old].alias) is None or alias.startswith("="):
        return None
    return ".".join(filter(None, ("keras", alias))) + below[len(old) :]


def install_aliases(tf: Any, keras: Any) -> None:
    """Adds the aliases to TensorFlow, Keras and NumPy, in this process."""
    v1 = tf.compat.v1
    _register_single_modules(tf, v1)
    _alias_tensorflow(tf, keras)
    tf.Graph = v1.Graph = Graph
    _add_v1_names(tf, v1)
    for family in (keras, tf.keras):
        _add_keras_aliases(family, keras)
    tf.keras.backend.set_value = _set_value
    for name, value in list(vars(tf.keras.backend).items()):  # which has more of Keras 2 than Keras's own
        _add_alias(keras.backend, name, value)
    v1.keras.backend.set_session = _skip_call
    _alias_private(keras)
    old_numpy.install()
    # First, since a package that is installed under such a name must not be found.
    sys.meta_path.insert(0, Renamed())
    # Last, so that whatever really exists is imported as it is.
    sys.meta_path.append(MovedModuleFinder())


def _alias_tensorflow(tf: Any, keras: Any) -> None:
    """Adds the table's names to `tf.compat.v1`, and to `tf` where they are missing."""
    for old, row in TENSORFLOW.items():
        if row.alias is not None:
            value = _make(old, row, keras) if row.alias.startswith("=") else resolve_name(tf, row.alias)
            home, _, name = old.rpartition(".")
            setattr(resolve_name(tf.compat.v1, home), name, value)
            # Never over a name that TF 2 has: there it has today's meaning.
            _add_alias(resolve_name(tf, home), name, value)


def resolve_name(root: Any, dotted: str) -> Any:
    """Resolves a dotted name below a module; returns the module itself for an empty name."""
    return functools.reduce(getattr, filter(None, dotted.split(".")), root)


def _make(old: str, row: OldName, keras: Any) -> Any:
    """Returns what a row's maker creates: `=nothing`, `=session`, `=optimizer`, `=loss`."""
    name = (row.better or "").partition("(")[0].rpartition(".")[2]
    match row.alias:
        case "=session":
            return Session
        case "=optimizer":
            return _make_optimizer_alias(keras, old.rpartition(".")[2], name)
        case "=loss":
            # TF 1's functions of these names took logits.
            return getattr(keras.losses, name)(from_logits=True)
        case "=model":
            return lambda model, *_, **__: model
    return _skip_call


def _skip_call(*_: Any, **__: Any) -> None:
    """What TF 2 does without."""


def _register_single_modules(tf: Any, v1: Any) -> None:
    """`import tensorflow.keras.optimizers` and the like would load a second copy of a module, without the aliases."""
    sys.modules["tensorflow.train"], sys.modules["tensorflow.compat.v1"] = tf.train, v1
    whole = importlib.import_module("keras._tf_keras.keras")
    tf.keras = whole
    for name in ("tensorflow.keras", "tensorflow.python.keras"):
        sys.modules[name] = whole
    importlib.import_module("tensorflow.python").keras = whole  # type: ignore[attr-defined]
    for part in KERAS_PARTS:
        module = importlib.import_module(f"keras._tf_keras.keras.{part}")
        setattr(whole, part, module)
        for name in ("tensorflow.keras", "tensorflow.python.keras"):
            sys.modules[f"{name}.{part}"] = module
    for name in ("tensorflow.keras", "tensorflow.python.keras"):
        sys.modules[f"{name}.optimizers.legacy"] = importlib.import_module("keras._tf_keras.keras.optimizers.legacy")
    whole.layers.AlphaDropout = importlib.import_module("keras.layers").AlphaDropout  # which has one of its own
    for part, today in (("layers", whole.layers), ("optimizer_v2", whole.optimizers)):  # TensorFlow has Keras 2's within
        for name in [name for name in sys.modules if name.startswith(f"tensorflow.python.keras.{part}.")]:
            sys.modules[name] = today


def _add_alias(module: Any, name: str, value: Any) -> None:
    if value is not None and not hasattr(module, name):
        setattr(module, name, value)


def _add_v1_names(tf: Any, v1: Any) -> None:
    """Names that TF 2 keeps only in `tf.compat.v1`: `tf.ConfigProto`, `tf.logging`, `tf.random_normal` ..."""
    for name, value in list(vars(v1).items()):
        if not name.startswith("_") and name not in vars(tf):
            setattr(tf, name, value)
    for name in ("logging", "app", "flags", "gfile"):
        _add_alias(tf, name, getattr(v1, name, None))


def _add_keras_aliases(family: Any, keras: Any) -> None:
    """`keras` and `tensorflow.keras` are two trees of modules over the same classes."""
    for old, row in KERAS.items():
        home, _, name = old.rpartition(".")
        if row.alias is not None and "engine" not in old and home not in KERAS:
            value = _make(old, row, keras) if row.alias.startswith("=") else resolve_name(family, row.alias)
            _add_alias(resolve_name(family, home), name, value)
    _add_alias(family.backend, "learning_phase", lambda: 0)
    _add_alias(family.backend, "image_dim_ordering", lambda: "tf")
    legacy = importlib.import_module(f"{family.optimizers.__name__}.legacy")  # it refuses to make what was the only way in its time
    for kind in OPTIMIZERS:
        setattr(legacy, kind, getattr(keras.optimizers, kind))
    mixed = family.mixed_precision
    then = types.SimpleNamespace(Policy=mixed.Policy, set_policy=mixed.set_global_policy, global_policy=mixed.global_policy)
    _add_alias(mixed, "experimental", then)
    _alias_preprocessing(family)


def _alias_preprocessing(family: Any) -> None:
    """What of Keras 2's `preprocessing` Keras 3 has only under `tensorflow.keras`."""
    whole = importlib.import_module("keras._tf_keras.keras.preprocessing")
    for part in ("image", "sequence", "text"):
        there = importlib.import_module(f"{whole.__name__}.{part}")
        sys.modules.setdefault(f"keras.preprocessing.{part}", there)
        _add_alias(family.preprocessing, part, there)
        for name, value in vars(there).items():
            if not name.startswith("_"):
                _add_alias(getattr(family.preprocessing, part), name, value)


def _alias_private(keras: Any) -> None:
    """`from keras.src.layers.core import Dense`: what a private package of today doesn't export, its public one does."""
    for old, row in KERAS.items():
        module = sys.modules.get(f"keras.src.{old}")
        if module is not None and row.alias and not row.alias.startswith("="):
            vars(module).setdefault("__getattr__", functools.partial(getattr, resolve_name(keras, row.alias)))


def _set_value(variable: Any, value: Any) -> None:
    """Keras 3's own fails on its own variables, such as the learning rate."""
    variable.assign(value)


def _make_optimizer_alias(keras: Any, old: str, new: str) -> Any:
    def make_optimizer(learning_rate: Any = None, *args: Any, **kwargs: Any) -> Any:
        for gone in ("use_locking", "name"):
            kwargs.pop(gone, None)
        # TF 1's positional arguments after the momentum (locking, a name) mean nothing to Keras's SGD.
        if old == "MomentumOptimizer":
            kwargs["momentum"], args = kwargs.get("momentum", args[0] if args else 0.0), ()
        named = {RENAMED_ARGUMENTS.get(name, name): value for name, value in kwargs.items()}
        rate = learning_rate if learning_rate is not None else DEFAULT_RATES.get(old, 0.01)
        return getattr(keras.optimizers, new)(rate, *args, **named)

    make_optimizer.__name__ = old
    return make_optimizer
